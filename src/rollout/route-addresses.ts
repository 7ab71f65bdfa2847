import { fallbackAddresses, type RouteAddresses } from '../edge/addresses.ts';
import type { ContainerDetails, ContainerSummary } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import type { ReplicaRange } from '../plan/replica-counts.ts';
import { serviceOf } from './compose-labels.ts';
import { assessContainer } from './container-health.ts';
import { inspectAll, inspectReplicas, listReplicas } from './containers.ts';
import type { HostContext } from './host-context.ts';

/** Where the edge finds a release's running replicas: `container:port` by route. A route may have none. */
export async function findAddresses(
  context: HostContext,
  release: Release,
  range: ReplicaRange = {},
): Promise<RouteAddresses> {
  const replicas =
    justChecked(context, release, range) ?? (await listReplicas(context, { release: release.id, ...range }));
  const running = replicas.filter(({ state }) => state === 'running');
  const containers = allowsFailedReplicas(release) ? await withoutUnhealthy(context, running) : running;
  return new Map(
    release.routes.map(({ id, service, containerPort }) => [
      id,
      containers.filter((each) => serviceOf(each) === service).map(({ name }) => `${name}:${containerPort}`),
    ]),
  );
}

/** Milliseconds in which the containers that a check has just found need not be listed again. */
const CHECK_LIFETIME = 1_000;

/** The containers of all routes, if the step before has found them healthy, and all of them must be. */
function justChecked(
  { runState: { checked } }: HostContext,
  release: Release,
  { only, after }: ReplicaRange,
): readonly ContainerDetails[] | undefined {
  const isMeant =
    checked?.release === release.id &&
    performance.now() - checked.at < CHECK_LIFETIME &&
    (only ?? after) === undefined &&
    !allowsFailedReplicas(release) &&
    release.routes.every(({ service }) => checked.services.includes(service));
  return isMeant ? checked.containers : undefined;
}

/**
 * The same, with addresses for the routes of every other release, so that an edge that was created for one of them never
 * lacks addresses while it is replaced, by this run or by its rollback.
 */
export async function findAllAddresses(
  context: HostContext,
  release: Release,
  range: ReplicaRange = {},
): Promise<RouteAddresses> {
  const own = await findAddresses(context, release, range);
  const others = [...context.releases.values()].map(({ routes }) => fallbackAddresses(routes, release, own));
  return new Map([...others.flatMap((each) => [...each]), ...own]);
}

/** @throws HostError when a route has no address; it says how a container of its service ended */
export async function requireAddressPerRoute(
  context: HostContext,
  { id, routes }: Release,
  addresses: RouteAddresses,
): Promise<RouteAddresses> {
  const route = routes.find((each) => (addresses.get(each.id) ?? []).length === 0);
  if (route === undefined) return addresses;
  const replicas = await inspectReplicas(context, { release: id });
  const own = replicas.filter((each) => serviceOf(each) === route.service);
  throw new HostError(context.engine.host, noRunningReplicaText(route.service, id, own));
}

/**
 * The addresses of a release that gets its requests back. A route without a running container has its stopped ones: it was dead when the
 * run began, and must not keep the requests of the others on a release that has failed.
 * @throws HostError when no route has a running container
 */
export async function addressesOfFormer(
  context: HostContext,
  release: Release,
  addresses: RouteAddresses,
): Promise<RouteAddresses> {
  const isDead = ({ id }: Release['routes'][number]): boolean => (addresses.get(id) ?? []).length === 0;
  const dead = release.routes.filter(isDead);
  if (dead.length === 0 || dead.length === release.routes.length)
    return requireAddressPerRoute(context, release, addresses);
  const replicas = await listReplicas(context, { release: release.id });
  const stopped = dead.flatMap(({ id, service, containerPort }) => {
    const own = replicas.filter((each) => serviceOf(each) === service);
    return own.length === 0 ? [] : [[id, own.map(({ name }) => `${name}:${containerPort}`)] as const];
  });
  const alive = [...addresses].filter(([, found]) => found.length > 0);
  return new Map([...alive, ...stopped]);
}

/** Says how the first of the replicas that have ended did so. */
export function noRunningReplicaText(
  service: ServiceName,
  release: ReleaseId,
  replicas: readonly ContainerDetails[],
): string {
  const [why] = replicas
    .map((each) => assessContainer(each, 'never', 0))
    .flatMap((assessment) => (assessment.kind === 'failed' ? [`: ${assessment.why}`] : []));
  return `no container of ${service} in release ${release} is running${why ?? ''}. Deploy again.`;
}

/** Whether the Compose file lets a release go live although some of its replicas have failed. */
const allowsFailedReplicas = ({ services }: Release): boolean =>
  Object.values(services).some(
    ({ update }) =>
      update !== undefined && (update.maxFailureRatio > 0 || update.failureAction === 'continue'),
  );

type RunningContainer = Pick<ContainerSummary, 'id' | 'name' | 'labels'>;

/** Leaves out containers whose HEALTHCHECK fails, if the service has others. */
async function withoutUnhealthy(
  { engine }: HostContext,
  containers: readonly RunningContainer[],
): Promise<readonly RunningContainer[]> {
  const details = await inspectAll(engine, containers);
  const isUnhealthy = ({ id }: RunningContainer): boolean =>
    details.find((each) => each.id === id)?.health?.status === 'unhealthy';
  const healthyServices = new Set(containers.filter((each) => !isUnhealthy(each)).map(serviceOf));
  return containers.filter((each) => !(isUnhealthy(each) && healthyServices.has(serviceOf(each))));
}
