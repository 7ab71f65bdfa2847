import { formatDuration } from '../model/duration.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { ComposeConfig, ConfidentialValues, ReleaseId } from '../model/release.ts';
import { type HostContext, releaseById } from './host-context.ts';

/** What `docker compose` may take beyond the waiting that `health-timeout` is for. Milliseconds. */
const COMPOSE_OVERHEAD = 60_000;

/**
 * Runs `docker compose` on the runner against a host's engine, over the connection that is open anyway. It waits for what
 * services depend on, by itself without an end.
 * @param serviceTimeout milliseconds that services may take until those that depend on them can start
 * @throws HostError when that is over
 */
export async function runComposeWithTimeout(
  context: HostContext,
  project: string,
  config: ComposeConfig,
  confidential: ConfidentialValues,
  args: readonly string[],
  serviceTimeout: number,
): Promise<void> {
  const deadline = AbortSignal.timeout(serviceTimeout + COMPOSE_OVERHEAD);
  const running = runCompose(context, project, config, confidential, args, {
    signal: AbortSignal.any([context.signal, deadline]),
    progress: 'plain',
  });
  await running.catch((error: unknown) => {
    if (!deadline.aborted || context.signal.aborted) throw error;
    throw new HostError(
      context.engine.host,
      `docker compose still waits for what services depend on, after ${formatDuration(serviceTimeout + COMPOSE_OVERHEAD)}. Give it longer with "health-timeout", or mend what the logs show.`,
      { cause: error },
    );
  });
}

/** The same without an end to its patience, and with its output as it comes where somebody wants it. */
export async function runCompose(
  context: HostContext,
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
  const argv = ['compose', '--project-name', project, '--file', '-', '--progress', progress, ...args];
  await context.run('docker', argv, {
    ...rest,
    stdin: JSON.stringify(config),
    env: {
      ...context.environment,
      ...context.engine.cliEnvironment,
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
