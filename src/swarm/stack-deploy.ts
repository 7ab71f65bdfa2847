import type { ClusterWait } from '../cluster/cluster.ts';
import { CommandError, SealiftError } from '../model/errors.ts';
import type { RunProgram } from '../model/step-context.ts';
import type { StackFile } from '../release/stack/stack-file.ts';

/** How the official CLI is run against a swarm. */
export interface StackCli {
  readonly run: RunProgram;
  /** With the logins for the registries, which the swarm gets for its nodes. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Runs `docker stack deploy`, which creates and updates the networks and services of a stack, and waits for nothing. It checks
 * the whole file before it changes anything.
 * @throws SealiftError with the words of the CLI or of the swarm
 */
export async function deployStack(
  { run, environment }: StackCli,
  stack: string,
  file: StackFile,
  { signal }: Pick<ClusterWait, 'signal'>,
): Promise<void> {
  const options = [
    '--compose-file',
    '-',
    '--with-registry-auth',
    '--resolve-image',
    'never',
    '--detach=true',
  ];
  try {
    await run('docker', ['stack', 'deploy', ...options, stack], {
      env: environment,
      stdin: JSON.stringify(file),
      signal,
    });
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    throw explainStackError('docker stack deploy', error);
  }
}

/** A service and the image that it is to run. */
interface ImageUpdate {
  readonly name: string;
  readonly image: string;
  /** Whether the swarm gets the login for the registry; it keeps the one that it has otherwise. */
  readonly withLogin: boolean;
}

/**
 * Runs `docker service update --image`, which changes nothing else of a service, and waits for nothing.
 * @throws SealiftError with the words of the CLI or of the swarm
 */
export async function updateServiceImage(
  { run, environment }: StackCli,
  { name, image, withLogin }: ImageUpdate,
  { signal }: Pick<ClusterWait, 'signal'>,
): Promise<void> {
  const login = withLogin ? ['--with-registry-auth'] : [];
  const options = ['--detach=true', '--quiet', '--no-resolve-image', ...login, '--image', image];
  try {
    await run('docker', ['service', 'update', ...options, name], { env: environment, signal });
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    throw explainStackError('docker service update', error);
  }
}

function explainStackError(command: string, error: CommandError): SealiftError {
  const lines = error.stderr.split('\n').filter((line) => line.trim() !== '');
  const last = lines.at(-1) ?? error.message;
  // The swarm's own words, without the layers of software around them.
  const reason = last.replace(/^.*?(?:desc = |Error response from daemon: )/, '');
  return new SealiftError(`${command} was refused: ${reason}`, {
    cause: error,
    evidence: lines.slice(-20),
  });
}
