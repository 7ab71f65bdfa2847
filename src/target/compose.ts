import { formatDuration } from '../model/duration.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { ComposeConfig, Confidential, ReleaseId } from '../model/release.ts';
import { releaseById, type Work } from './work.ts';

/** What `docker compose` may take beyond the waiting that `health-timeout` is for. Milliseconds. */
const OWN_TIME = 60_000;

/**
 * Runs `docker compose` on the runner against a host's engine, over the connection that is open anyway. It waits for what
 * services depend on, by itself without an end.
 * @param patience milliseconds that services may take until those that depend on them can start
 * @throws HostError when that is over
 */
export async function compose(
  work: Work,
  project: string,
  config: ComposeConfig,
  confidential: Confidential,
  args: readonly string[],
  patience: number,
): Promise<void> {
  const over = AbortSignal.timeout(patience + OWN_TIME);
  const running = composeRun(work, project, config, confidential, args, {
    signal: AbortSignal.any([work.signal, over]),
    progress: 'plain',
  });
  await running.catch((error: unknown) => {
    if (!over.aborted || work.signal.aborted) throw error;
    throw new HostError(
      work.engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(patience + OWN_TIME)}. Give it longer with "health-timeout", or mend what the logs show.`,
      { cause: error },
    );
  });
}

/** The same without an end to its patience, and with its output as it comes where somebody wants it. */
export async function composeRun(
  work: Work,
  project: string,
  config: ComposeConfig,
  confidential: Confidential,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly progress: 'plain' | 'quiet';
    readonly onLine?: (line: string) => void;
  },
): Promise<void> {
  const { progress, ...rest } = options;
  const argv = ['compose', '--project-name', project, '--file', '-', '--progress', progress, ...args];
  await work.run('docker', argv, {
    ...rest,
    stdin: JSON.stringify(config),
    env: {
      ...work.environment,
      ...work.engine.cli,
      ...Object.fromEntries(confidential),
      COMPOSE_PROFILES: '*',
    },
  });
}

/**
 * The contents of a release's secrets and configs. They are never recorded on a host, so a run that only goes back to a
 * release does not have them.
 * @throws ConfigurationError when containers would have to be made without them.
 */
export function confidentialOf(work: Work, id: ReleaseId): Confidential {
  const known = work.confidential.get(id);
  if (known !== undefined) return known;
  const { confidential, origin } = releaseById(work, id);
  if (confidential.length === 0) return new Map();
  throw new ConfigurationError(
    `${work.engine.host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a ` +
      `host. Deploy that image again from a checkout of ${origin.revision ?? 'its commit'} instead: input "image".`,
  );
}
