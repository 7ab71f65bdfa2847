import { ConfigurationError } from '../model/errors.ts';
import type { ComposeConfig, Confidential, ReleaseId } from '../model/release.ts';
import { releaseById, type Work } from './work.ts';

/** Runs `docker compose` on the runner against a host's engine, over the connection that is open anyway. */
export async function compose(
  work: Work,
  project: string,
  config: ComposeConfig,
  confidential: Confidential,
  args: readonly string[],
): Promise<void> {
  const argv = ['compose', '--project-name', project, '--file', '-', '--progress', 'plain', ...args];
  await work.run('docker', argv, {
    stdin: JSON.stringify(config),
    env: {
      ...work.environment,
      ...work.engine.cli,
      ...Object.fromEntries(confidential),
      COMPOSE_PROFILES: '*',
    },
    signal: work.signal,
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
