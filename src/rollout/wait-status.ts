import type { WaitNote } from '../plan/outcome.ts';

/**
 * What a step waits for now. The step writes it while it waits; whoever runs the step reads it from time to time, so that
 * the log of a long wait shows that something goes on, and what.
 */
export interface WaitStatus {
  /** Milliseconds after which the wait ends; `undefined`: it has no limit, or none is known. */
  limit?: number;
  /** What there is to see now, in a few words. It may ask the host. */
  look?: () => string | undefined | Promise<string | undefined>;
}

/** Calls a task again and again until the end of the scope. */
export type Repeat = (task: () => void) => Disposable;

/** Milliseconds between two lines of the log about one wait. */
const NOTE_INTERVAL = 10_000;

/** Every ten seconds. It keeps no process alive. */
export const everyTenSeconds: Repeat = (task) => {
  const timer = setInterval(task, NOTE_INTERVAL).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
};

/**
 * Reports a wait at each repetition, until the end of the scope. An observation that takes longer than that, or comes after
 * the end, is not reported; one that fails is left out.
 */
export function reportWait(status: WaitStatus, report: (note: WaitNote) => void, repeat: Repeat): Disposable {
  const startedAt = performance.now();
  let ended = false;
  let looking = false;
  const note = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const seen = await Promise.resolve(status.look?.()).catch(() => undefined);
    looking = false;
    if (!ended) report({ elapsed: performance.now() - startedAt, limit: status.limit, seen });
  };
  const repetition = repeat(() => void note());
  return {
    [Symbol.dispose]() {
      ended = true;
      repetition[Symbol.dispose]();
    },
  };
}
