import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';

/** A fixed shell script of ours that runs inside a Caddy container. What varies are its arguments, never its text. */
export interface Script {
  readonly name: string;
  readonly text: string;
}

/**
 * Runs a script in a container and answers what it printed.
 * @throws HostError with its stderr when it ends with another code than 0
 */
export async function runScript(
  engine: Engine,
  container: string,
  script: Script,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const argv = ['sh', '-c', script.text, script.name, ...args];
  const { exitCode, stdout, stderr } = await engine.exec(
    container,
    argv,
    signal === undefined ? {} : { signal },
  );
  if (exitCode === 0) return stdout;
  const lines = `${stderr}\n${stdout}`.trim().split('\n');
  throw new HostError(
    engine.host,
    `${script.name} failed in ${container}: ${lines[0] || `exit code ${exitCode}, and it said nothing`}`,
    {
      evidence: lines,
    },
  );
}
