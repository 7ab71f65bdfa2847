/** A WebSocket that lives for a while: each message comes back, all from the release that it began with. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, Cut, type Kind, PATIENCE } from '../visitor.ts';

/** @param longest milliseconds that it lasts, at most */
export const webSocket = (longest: number): Kind => ({
  name: 'WebSocket',
  quick: false,
  arrive(place, random) {
    const url = new URL('/', place.url.replace(/^http/, 'ws'));
    return {
      async visit() {
        const talk = new Talk(url);
        try {
          const release = await talk.say(random.text(8));
          const chosen = performance.now();
          const messages = random.whole(5, 40);
          for (let said = 0; said < messages; said += 1) {
            await pause(random.whole(20, longest / 40));
            const other = await talk.say(random.text(8));
            if (other !== release)
              throw new Error(`it began with release ${release}, then ${other} answered`);
          }
          await talk.end();
          return { release, chosen } satisfies Answer;
        } finally {
          talk.leave();
        }
      },
      leave: () => undefined,
    };
  },
});

/** A connection on which one side speaks and the other repeats. */
class Talk {
  readonly #socket: WebSocket;
  readonly #open: Promise<void>;
  #release: string | undefined;
  #heard: ((text: string) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #closed: string | undefined;

  constructor(url: URL) {
    this.#socket = new WebSocket(url);
    this.#open = new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', () => resolve());
      this.#socket.addEventListener('error', (event) =>
        reject(new Error(`no WebSocket: ${event.error ?? event.message}`)),
      );
    });
    this.#socket.addEventListener('message', ({ data }) => this.#heard?.(String(data)));
    this.#socket.addEventListener('close', ({ code }) => {
      this.#closed = `closed with code ${code}`;
      this.#fail?.(this.#lost());
    });
  }

  /** Says something, and tells which release repeated it. */
  async say(text: string): Promise<string> {
    await this.#open;
    const heard = await this.#answerTo(() => this.#socket.send(text));
    const [release = '', ...rest] = heard.split(':');
    if (rest.join(':') !== text) throw new Error(`said ${text}, heard ${heard}`);
    this.#release ??= release;
    return release;
  }

  /** Closes, and waits for the other side to have done so. */
  async end(): Promise<void> {
    if (this.#closed !== undefined) throw this.#lost();
    const closed = new Promise<void>((resolve) => {
      this.#socket.addEventListener('close', () => resolve());
    });
    this.#fail = undefined;
    this.#socket.close(1000);
    await closed;
  }

  leave(): void {
    this.#socket.close();
  }

  #answerTo(ask: () => void): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#lost());
      const giveUp = setTimeout(() => reject(new Error(`no answer in ${PATIENCE} ms`)), PATIENCE);
      this.#heard = (text) => {
        clearTimeout(giveUp);
        resolve(text);
      };
      this.#fail = (error) => {
        clearTimeout(giveUp);
        reject(error);
      };
      ask();
      return undefined;
    });
  }

  #lost(): Error {
    const why = this.#closed ?? 'closed';
    return this.#release === undefined ? new Error(why) : new Cut(this.#release, why);
  }
}
