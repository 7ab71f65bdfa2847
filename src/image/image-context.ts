import type { StepContext } from '../model/step-context.ts';
import type { RetryContext } from '../run/retry.ts';

/** What building and looking up images need. */
export interface ImageContext extends RetryContext, StepContext {
  /** The whole environment of `docker`: see `login.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the checkout, absolute. */
  readonly workspace: string;
}

/** Runs `docker` and returns its output, without line breaks at its end. */
export async function dockerOutput(
  args: readonly string[],
  { run, environment }: ImageContext,
): Promise<string> {
  return (await run('docker', args, { env: environment })).stdout.trimEnd();
}
