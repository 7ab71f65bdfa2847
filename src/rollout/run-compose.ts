import { formatDuration } from '../model/duration.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { ComposeConfig, ConfidentialValues, ReleaseId } from '../model/release.ts';
import { type HostContext, releaseById } from './host-context.ts';

/** Milliseconds for the work of `docker compose`, beyond the waits that `health-timeout` is for. */
const COMPOSE_OVERHEAD = 60_000;

/**
 * Runs `docker compose` with a limit: by itself, it waits without end for what services depend on.
 * @param serviceTimeout milliseconds in which services can start that depend on others
 * @throws HostError when the time is over
 */
export async function runComposeWithTimeout(
  context: HostContext,
  project: string,
  config: ComposeConfig,
  confidential: ConfidentialValues,
  args: readonly string[],
  serviceTimeout: number,
): Promise<void> {
  const timeout = serviceTimeout + COMPOSE_OVERHEAD;
  const deadline = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    await runCompose(context, project, config, confidential, args, { signal, progress: 'plain' });
  } catch (error) {
    if (!deadline.aborted || context.signal.aborted) throw error;
    throw new HostError(
      context.engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(timeout)}. Increase "health-timeout", or fix what the container logs show.`,
      { cause: error },
    );
  }
}

/** Runs `docker compose` on the runner against the host's engine, over the connection that is already open. */
export async function runCompose(
  { run, environment, engine }: HostContext,
  project: string,
  config: ComposeConfig,
  confidential: ConfidentialValues,
  args: readonly string[],
  options: {
    readonly signal: AbortSignal;
    readonly progress: 'plain' | 'quiet';
    readonly onLine?: (line: string) => void;
  },
): Promise<void> {
  const { progress, ...rest } = options;
  await run(
    'docker',
    ['compose', '--project-name', project, '--file', '-', '--progress', progress, ...args],
    {
      ...rest,
      stdin: JSON.stringify(config),
      env: {
        ...environment,
        ...engine.cliEnvironment,
        ...Object.fromEntries(confidential),
        COMPOSE_PROFILES: '*',
      },
    },
  );
}

/**
 * The contents of a release's secrets and configs. A host has no record of them, so a rollback does not know them.
 * @throws ConfigurationError when containers would have to be created without them
 */
export function requireConfidential(context: HostContext, id: ReleaseId): ConfidentialValues {
  const known = context.confidential.get(id);
  if (known !== undefined) return known;
  const { confidential, origin } = releaseById(context, id);
  if (confidential.length === 0) return new Map();
  throw new ConfigurationError(
    `${context.engine.host}: the containers of release ${id} are gone, and the contents of its secrets and configs are never kept on a ` +
      `host. Deploy that image again from a checkout of ${origin.revision ?? 'its commit'} instead: input "image".`,
  );
}
