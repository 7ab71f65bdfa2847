import type { Engine } from '../engine/engine.ts';
import { hostDiskFullError, isDiskFull } from '../engine/errors.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError, isCausedByAbort } from '../model/errors.ts';
import { anySignal } from '../run/signals.ts';

/** A shell script that runs in a Caddy container. Its text is fixed: only its arguments vary. */
export interface Script {
  readonly name: string;
  /** What it does, in words that complete "could not …". */
  readonly action?: string;
  readonly text: string;
}

const EXIT_WORDS = 'sealift-script-ended';

/** The script prints its own exit code: the engine, which may be far away, is not asked for it. */
const printingExitCode = (text: string): string => `(\n${text}\n)\necho "${EXIT_WORDS} $?"`;

/** Milliseconds for a script, beyond the time that it is told to wait: a busy host starts a process late. */
const SCRIPT_OVERHEAD = 2 * 60_000;

interface ScriptOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that its own arguments let it wait. */
  readonly waits?: number;
  /** Gets all of stdout so far, each time that more of it has come. */
  readonly onStdout?: (printed: string) => void;
}

/**
 * Runs a script in a container and returns its stdout.
 * @throws HostError when it does not end in time; with its output when it ends with another code than 0
 */
export async function runScript(
  engine: Engine,
  container: string,
  { name, action = `run ${name} in ${container}`, text }: Script,
  args: readonly string[],
  { signal, waits = 0, onStdout }: ScriptOptions = {},
): Promise<string> {
  const limit = AbortSignal.timeout(waits + SCRIPT_OVERHEAD);
  const either = anySignal(signal, limit);
  const argv = ['sh', '-c', printingExitCode(text), name, ...args];
  const { exitCode, stdout, stderr } = await engine
    .exec(container, argv, { signal: either, exitWords: EXIT_WORDS, onStdout })
    .catch((error) => {
      if (!isCausedByAbort(error, limit)) throw error;
      throw new HostError(
        engine.host,
        `${name} did not end in ${container} within ${formatDuration(waits + SCRIPT_OVERHEAD)}. The engine or the container hangs: look at "docker ps" and "journalctl -u docker" on the host.`,
      );
    });
  if (exitCode === 0) return stdout;
  const evidence = `${stderr}\n${stdout}`.trim().split('\n');
  if (isDiskFull(stderr)) throw hostDiskFullError(engine.host, action, evidence);
  const reason = evidence[0] || `exit code ${exitCode}, without output`;
  throw new HostError(engine.host, `${name} failed in ${container}: ${reason}`, { evidence });
}
