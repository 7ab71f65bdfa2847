import { setTimeout as pause } from 'node:timers/promises';
import { observeEdge } from '../edge/edge.ts';
import { type ProbeOptions, probeContainers } from '../edge/probe.ts';
import type { ContainerDetails } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { isTcpRoute, type Route } from '../model/route.ts';
import { allOrThrow } from '../run/promises.ts';
import type { HealthExpectation } from './await-healthy.ts';
import { serviceOf } from './compose-labels.ts';
import { hasHealthcheck } from './container-health.ts';
import { type HostContext, releaseById } from './host-context.ts';
import { noAnswerText, wrongStatusText } from './no-answer-text.ts';
import type { CheckedReplicas } from './replica-selection.ts';
import { routeIdentity } from './route-identity.ts';
import { requireEdgeContainer } from './running-edge.ts';

/**
 * Whether visitors reach a container. Each port that a route points to is asked from the edge, over HTTP as requests will be,
 * whatever says that the container is healthy: an app that listens on 127.0.0.1 is healthy for its HEALTHCHECK alone.
 */

/** What is requested where no `health-path` is set. */
const DEFAULT_PATH = '/';
/** Milliseconds between two tries after the edge could not be used. */
const EDGE_RETRY_INTERVAL = 200;

/** The routes that point to a service: one for each of its container ports that visitors reach. */
const routesOfService = ({ routes }: Release, service: ServiceName): readonly Route[] =>
  routes.filter((route) => route.service === service);

const answerKey = ({ id }: ContainerDetails, port: number): string => `${id}:${port}`;

/**
 * What the edge must get from a container for its health check; `undefined`: nothing.
 *
 * - Without a HEALTHCHECK, the first port must answer `health-path` with a status of `health-status`.
 * - Without a HEALTHCHECK, a port that speaks gRPC must say by its health protocol that it serves, if it has that.
 * - Each port of a release that must answer visitors must give an answer of any status.
 * - Of an old release that need not, without a HEALTHCHECK and a `health-path`, the first port must be open.
 */
export function routeProbe(
  context: HostContext,
  release: Release,
  container: ContainerDetails,
): HealthExpectation['probe'] {
  const service = serviceOf(container) ?? container.name;
  const routes = routesOfService(release, service);
  // `health-path` is for HTTP.
  const first = routes.find((route) => !isTcpRoute(route)) ?? routes[0];
  const mustAnswer = mustAnswerVisitors(context, release);
  const checked = hasHealthcheck(container);
  if (first === undefined || (checked && !mustAnswer)) return undefined;
  const { path } = release.health;
  return async (signal, tell) => {
    // A release that is started again before there is an edge: the final check asks it.
    if (checked && !(await hasRunningEdge(context))) return;
    await allOrThrow(
      (mustAnswer ? routes : [first]).map(async (route) => {
        const isFirstByStatus = route === first && !isTcpRoute(route) && (path !== undefined || !mustAnswer);
        const byStatus = !checked && (isFirstByStatus || hasGrpcCheck(context, release, route));
        await (byStatus
          ? requireSuccess(context, release, container, route, signal, tell)
          : requireAnswer(context, release, container, route, signal, tell));
        if (mustAnswer) context.runState.answeredPorts.add(answerKey(container, route.containerPort));
      }),
    );
  };
}

/**
 * Whether a release must answer visitors: the new one, and an old one that a rollback starts again if it answered before. One that
 * was dead before the run is brought back as it was, and the report says so.
 */
function mustAnswerVisitors({ desired, runState }: HostContext, { id }: Release): boolean {
  const before = runState.reachedBefore;
  return id === desired || (before?.release === id && before.problems.length === 0);
}

/** gRPC has a health check of its own; a server without it answers as well as any. */
const hasGrpcCheck = (context: HostContext, release: Release, { protocol }: Route): boolean =>
  protocol === 'grpc' && mustAnswerVisitors(context, release);

const hasRunningEdge = async ({ engine, appEnvironment }: HostContext): Promise<boolean> =>
  (await observeEdge(engine, appEnvironment)).state === 'running';

/**
 * The last check before a release is accepted: asks the ports that no health check of this run has asked, because no edge ran.
 * @param containers the replicas as they are now
 * @throws HostError when more replicas of a service give no answer than are tolerated
 */
export async function requireRouteAnswers(
  context: HostContext,
  replicas: CheckedReplicas,
  containers: readonly ContainerDetails[],
): Promise<void> {
  const release = releaseById(context, replicas.release);
  const { answeredPorts } = context.runState;
  await allOrThrow(
    replicas.services.flatMap((service) =>
      routesOfService(release, service).map(async (route) => {
        const unasked = containers.filter(
          (each) => serviceOf(each) === service && !answeredPorts.has(answerKey(each, route.containerPort)),
        );
        if (unasked.length <= (replicas.tolerate?.[service] ?? 0)) return;
        await allOrThrow(
          unasked.map((container) => requireAnswer(context, release, container, route, context.signal)),
        );
      }),
    ),
  );
}

async function requireAnswer(
  context: HostContext,
  release: Release,
  container: ContainerDetails,
  route: Route,
  signal: AbortSignal,
  tell?: (seen: string) => void,
): Promise<void> {
  const { path = DEFAULT_PATH, timeout } = release.health;
  const port = route.containerPort;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, `${container.name}:${port}`, {
    ...{ path, status: 'any' as const, identity, timeout, signal },
    ...(tell && { tell }),
  });
  if (failure === undefined) return;
  const service = serviceOf(container) ?? container.name;
  throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
}

async function requireSuccess(
  context: HostContext,
  release: Release,
  container: ContainerDetails,
  route: Route,
  signal: AbortSignal,
  tell?: (seen: string) => void,
): Promise<void> {
  const { status, timeout } = release.health;
  const byGrpc = hasGrpcCheck(context, release, route);
  const path = byGrpc ? DEFAULT_PATH : release.health.path;
  const port = route.containerPort;
  const address = `${container.name}:${port}`;
  const identity = routeIdentity(release, route);
  const failure = await probeFailure(context, address, {
    ...{ path, identity, timeout, signal },
    ...(status === undefined || byGrpc ? {} : { status }),
    ...(tell && { tell }),
  });
  if (failure === undefined) return;
  if (path !== undefined && !failure.startsWith('answered ')) {
    const service = serviceOf(container) ?? container.name;
    throw new HostError(context.engine.host, noAnswerText(service, port, path, failure, route.protocol));
  }
  throw new HostError(
    context.engine.host,
    path === undefined
      ? `${address} does not accept connections: ${failure}.`
      : `${address} does not answer ${path} as expected: ${wrongStatusText(failure, identity)}`,
  );
}

/**
 * Probes a container from the edge, on the network that its requests will take, until it answers or the time is over. An edge that
 * restarts meanwhile is used again.
 *
 * @returns why there was no answer; `undefined`: there was one
 */
async function probeFailure(
  context: HostContext,
  address: string,
  options: ProbeOptions & { readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { engine } = context;
  const { signal } = options;
  const end = performance.now() + options.timeout;
  let edge = context.runState.edge ?? (await requireEdgeContainer(context));
  for (;;) {
    const timeout = Math.max(0, end - performance.now());
    try {
      const results = await probeContainers(engine, edge, [address], { ...options, timeout });
      const result = results.get(address);
      return result?.ok === true ? undefined : (result?.failure ?? 'no answer');
    } catch (error) {
      if (signal.aborted || engine.disconnected.aborted || timeout === 0) throw error;
      await pause(EDGE_RETRY_INTERVAL, undefined, { signal });
      edge = await requireEdgeContainer(context).catch(() => edge);
    }
  }
}
