import type { Engine } from '../engine/engine.ts';
import { baseProject, releaseProject } from '../model/app-environment.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import type { ObservedHost } from '../model/host.ts';
import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import { plainText } from '../model/plain-text.ts';
import type { LogsRequest } from '../model/request.ts';
import type { StepContext } from '../model/step-context.ts';
import { joinWithAnd } from '../model/text.ts';
import { liveRelease } from '../plan/host-queries.ts';
import { runComposeProgram } from '../run/compose-program.ts';
import { allOrThrow } from '../run/promises.ts';
import { observeHost } from './observe-host.ts';

/** How logs are printed. */
interface LogsContext extends StepContext {
  /** Of `docker`, for the engines of hosts. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A Compose project on a host, and those of its services whose logs are wanted. */
interface LoggedProject {
  readonly project: string;
  readonly services: readonly ServiceName[];
}

/** The logs of one host. */
interface HostLogs {
  readonly release: ReleaseId;
  readonly projects: readonly LoggedProject[];
}

/**
 * Prints what containers on a host have printed, with the host in front of each line, by `docker compose logs`.
 * @throws ConfigurationError for a release or a service that is not there; HostError
 */
export async function printLogs(
  engine: Engine,
  request: LogsRequest,
  context: LogsContext,
): Promise<{ readonly host: HostName; readonly release: ReleaseId }> {
  const { host } = engine;
  const { release, projects } = findLogs((await observeHost(engine, request.destination)).host, request);
  const env = { ...context.environment, ...engine.cliEnvironment };
  await allOrThrow(
    projects.map(({ project, services }) =>
      runComposeProgram(
        context,
        ['--project-name', project, 'logs', ...options(engine, request), ...services],
        {
          env,
          signal: context.signal,
          onLine(line, stream) {
            // Whatever a container prints must not move the cursor of a terminal, or look like lines of another host.
            for (const each of plainText(line).split('\n'))
              context.log[stream === 'stdout' ? 'info' : 'debug'](`${host}  │ ${each}`);
          },
        },
      ),
    ),
  );
  return { host, release };
}

/** A duration counts back from the host's time: that of this machine may differ. */
function options(engine: Engine, { tail, since, follow }: LogsRequest): readonly string[] {
  const from = since === undefined ? undefined : 'at' in since ? since.at : engine.now() - since.ago;
  return [
    '--no-color',
    ...(tail === undefined ? [] : ['--tail', String(tail)]),
    ...(from === undefined ? [] : ['--since', new Date(from).toISOString()]),
    ...(follow ? ['--follow'] : []),
  ];
}

/** The containers that are meant: those of the release, and of accessories only the ones that are named. Pure. */
export function findLogs(
  host: ObservedHost,
  { destination, release: wanted, services }: Pick<LogsRequest, 'destination' | 'release' | 'services'>,
): HostLogs {
  const id = wanted ?? liveRelease(host)?.id;
  if (id === undefined)
    throw new HostError(
      host.host,
      `no release of ${baseProject(destination)} is live here. ${knownReleases(host)}`,
    );
  const observed = host.releases.find((each) => each.id === id);
  if (observed === undefined || observed.containers.length === 0)
    throw new ConfigurationError(
      `release: ${host.host} has no containers of release "${id}". ${knownReleases(host)}`,
    );
  const own = new Set(observed.containers.map(({ service }) => service));
  const known = new Set([...own, ...host.accessories.map(({ service }) => service)]);
  const unknown = services.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new ConfigurationError(
      `services: ${host.host} has no container of service "${unknown}", but of ${joinWithAnd([...known])}.`,
    );
  const projects = [
    { project: releaseProject({ ...destination, id }), services: services.filter((name) => own.has(name)) },
    { project: baseProject(destination), services: services.filter((name) => !own.has(name)) },
  ];
  return {
    release: id,
    projects:
      services.length === 0 ? projects.slice(0, 1) : projects.filter((each) => each.services.length > 0),
  };
}

function knownReleases({ releases }: ObservedHost): string {
  const ids = releases.filter(({ containers }) => containers.length > 0).map(({ id }) => id);
  return ids.length === 0 ? 'None has containers there.' : `These have containers there: ${ids.join(', ')}.`;
}
