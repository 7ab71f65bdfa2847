/** Server-sent events: numbered, so that a gap is seen; all of one stream from one release. */
import { exchange } from '../exchange.ts';
import { Cut, type Kind, Unanswered } from '../visitor.ts';

/** @param longest milliseconds that a stream lasts, at most */
export const events = (longest: number): Kind => ({
  name: 'server-sent events',
  quick: false,
  arrive(place, random) {
    return {
      async visit() {
        const count = random.whole(10, 40);
        let begun: string | undefined;
        let text = '';
        try {
          const path = `/events?count=${count}&ms=${random.whole(20, longest / 40)}`;
          const got = await exchange(
            place,
            { path, headers: { accept: 'text/event-stream' } },
            (piece, release) => {
              begun = release;
              text += piece.toString();
            },
          );
          const whole = Array.from({ length: count }, (_, at) => event(at + 1, got.release)).join('');
          if (text !== whole)
            throw new Cut(got.release, `ended after ${eventsIn(text)} of ${count} events, or with a gap`);
          return got;
        } catch (error) {
          if (begun === undefined || error instanceof Unanswered || error instanceof Cut) throw error;
          throw new Cut(begun, `cut after ${eventsIn(text)} of ${count} events: ${error}`);
        }
      },
      leave: () => undefined,
    };
  },
});

const event = (number: number, release: string): string => `id: ${number}\ndata: ${release} ${number}\n\n`;
const eventsIn = (text: string): number => text.split('\n\n').length - 1;
