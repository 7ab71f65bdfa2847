/** Requests that the app takes its time for: before the first byte, or between the bytes. */
import { exchange, keptConnection } from '../exchange.ts';
import type { Kind } from '../visitor.ts';

/** @param longest milliseconds that a visit takes, at most */
export const slow = (longest: number): Kind => ({
  name: 'slow answer',
  quick: false,
  arrive(place, random) {
    const agent = keptConnection(place);
    return {
      visit: () => exchange(place, { path: `/slow?ms=${random.whole(longest / 15, longest)}`, agent }),
      leave: () => agent.destroy(),
    };
  },
});

/** @param longest milliseconds that a visit takes, at most */
export const slowBody = (longest: number): Kind => ({
  name: 'slow body',
  quick: false,
  arrive(place, random) {
    return {
      async visit() {
        const bytes = random.whole(100, 5000);
        const path = `/download?bytes=${bytes}&pieces=${random.whole(5, 20)}&ms=${random.whole(longest / 15, longest)}`;
        const got = await exchange(place, { path });
        if (got.body.length !== bytes) {
          throw new Error(`release ${got.release}: ${got.body.length} of ${bytes} bytes`);
        }
        return got;
      },
      leave: () => undefined,
    };
  },
});
