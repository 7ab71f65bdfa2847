/** How long things may take: never so many seconds, but so many times what a container start takes on this machine. */

/** Where no run of tests has measured it; milliseconds. */
const ASSUMED = 1000;
export const CONTAINER_START = Number(process.env['CONTAINER_START_MS'] ?? ASSUMED);

/** As long as so many container starts, beside all else that goes on; milliseconds. */
export const patience = (starts: number): number => Math.ceil(starts * CONTAINER_START);

/** The same, as inputs have it. */
export const patienceInput = (starts: number): string => `${patience(starts)}ms`;

/** Milliseconds without progress after which a test hangs: more than any wait that a test asks for, and a multiple of the unit. */
export const STALLED_AFTER = 150_000 + patience(200);

declare global {
  /** Put there by suite/environment.ts; absent where something else than Jest runs. */
  var tellProgress: ((what: string) => void) | undefined;
}

/** Something went on: a line of an action's log, a command that ended, answers that were waited for. */
export function progress(what: string): void {
  globalThis.tellProgress?.(what);
}

/** Waits until something is so; where it can't be asked yet it is not. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  within = patience(1000),
): Promise<void> {
  const deadline = performance.now() + within;
  let last = 'it is not so';
  for (;;) {
    try {
      if (await isSo()) break;
    } catch (error) {
      last = String(error);
    }
    if (performance.now() > deadline) throw new Error(`Not within ${within} ms: ${what} (${last}).`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  progress(what);
}
