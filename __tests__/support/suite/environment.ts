/** Jest's environment for end-to-end tests: a test or hook that hangs fails, however long the others take. */
import { TestEnvironment } from 'jest-environment-node';
import { STALLED_AFTER } from '../patience.ts';
import { StallWatch } from './stall.ts';

/** What of Jest's events is acted on. */
interface CircusEvent {
  readonly name: string;
  readonly test?: Runnable;
  readonly hook?: Runnable;
}

interface Runnable {
  fn: (this: unknown) => unknown;
}

export default class extends TestEnvironment {
  readonly #watch = new StallWatch(STALLED_AFTER);
  /** Hooks run again and again. */
  readonly #watched = new WeakSet<Runnable>();

  override async setup(): Promise<void> {
    await super.setup();
    this.global.tellProgress = (what: string) => this.#watch.see(what);
  }

  handleTestEvent({ name, test, hook }: CircusEvent): void {
    const next = name === 'test_fn_start' ? test : name === 'hook_start' ? hook : undefined;
    if (next === undefined || this.#watched.has(next)) return;
    this.#watched.add(next);
    const watch = this.#watch;
    const { fn } = next;
    next.fn = function (this: unknown): Promise<unknown> {
      return watch.over(Promise.resolve(fn.call(this)));
    };
  }
}
