import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';

/** A shell script that runs in a Caddy container. Its text is fixed: only its arguments vary. */
export interface Script {
  readonly name: string;
  readonly text: string;
}

const EXIT_WORDS = 'sealift-script-ended';

/** The script prints its own exit code: the engine, which may be far away, is not asked for it. */
const printingExitCode = (text: string): string => `(\n${text}\n)\necho "${EXIT_WORDS} $?"`;

/**
 * Runs a script in a container and returns its stdout.
 * @throws HostError with its output when it ends with another code than 0
 */
export async function runScript(
  engine: Engine,
  container: string,
  { name, text }: Script,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const argv = ['sh', '-c', printingExitCode(text), name, ...args];
  const { exitCode, stdout, stderr } = await engine.exec(container, argv, { signal, exitWords: EXIT_WORDS });
  if (exitCode === 0) return stdout;
  const evidence = `${stderr}\n${stdout}`.trim().split('\n');
  const reason = evidence[0] || `exit code ${exitCode}, without output`;
  throw new HostError(engine.host, `${name} failed in ${container}: ${reason}`, { evidence });
}
