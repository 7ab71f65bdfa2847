/** GET and POST as most of the traffic is, over kept and over fresh connections. */
import { exchange, keptConnection } from '../exchange.ts';
import type { Kind } from '../visitor.ts';

function plain(method: 'GET' | 'POST', kept: boolean): Kind {
  return {
    name: `${method}, ${kept ? 'kept' : 'fresh'}`,
    quick: true,
    arrive(place, random) {
      const agent = kept && keptConnection(place);
      return {
        async visit() {
          if (method === 'GET') return await exchange(place, { path: `/?visit=${random.text(8)}`, agent });
          const sent = Buffer.from(random.text(8).repeat(random.whole(1, 1000)));
          const headers = { 'content-length': sent.length };
          const got = await exchange(place, { method, path: '/echo', agent, headers, body: [sent] });
          if (!got.body.equals(sent)) {
            throw new Error(
              `release ${got.release}: of ${sent.length} bytes sent, ${got.body.length} came back, not the same`,
            );
          }
          return got;
        },
        leave: () => agent !== false && agent.destroy(),
      };
    },
  };
}

export const plainKinds: readonly Kind[] = [
  plain('GET', true),
  plain('GET', false),
  plain('POST', true),
  plain('POST', false),
];
