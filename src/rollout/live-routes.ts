import { edgeContainers, edgeState } from '../edge/edge.ts';
import { frontAmong } from '../edge/front.ts';
import { type ProbedAddress, probeEdgeRoutes } from '../edge/probe-routes.ts';
import type { ContainerSummary } from '../engine/engine.ts';
import { labelsOf } from '../model/app-environment.ts';
import { messageOf, messageWithoutHost } from '../model/errors.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import type { Release } from '../model/release.ts';
import { hasDomains } from '../plan/host-queries.ts';
import type { Reachability } from '../plan/outcome.ts';
import { neededProxiesOf } from '../plan/proxies.ts';
import { publishesPortsItself } from '../release/compose/self-published.ts';
import { isOneOff, releaseIdOn, serviceOf } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { publishedProblems } from './published-answers.ts';
import { routeIdentity } from './route-identity.ts';

/** Milliseconds after which the edge counts as one that can't be asked. */
const PROBE_TIMEOUT = 20_000;

/**
 * Begins to ask the live release's routes, before the run changes what serves: a rollback may return to it. Asked once in a run.
 */
export function recordReachability(context: HostContext): void {
  const { runState } = context;
  runState.recordsReachability ??= reachabilityOf(context, 0).then((reached) => {
    runState.reachedBefore = reached;
  });
}

/** Milliseconds in which what was started again for a rollback must answer. */
const AFTER_ROLLBACK = 5_000;

/** Asks the live release's routes after a rollback. Never throws. */
export async function reachabilityAfterRollback(context: HostContext): Promise<Reachability | undefined> {
  await context.runState.recordsReachability;
  return await reachabilityOf(context, AFTER_ROLLBACK);
}

/** @returns `undefined` if no release was live that visitors reach, or the host can't be asked */
async function reachabilityOf(context: HostContext, timeout: number): Promise<Reachability | undefined> {
  const { live, releases } = context;
  const release = live === undefined ? undefined : releases.get(live);
  if (release === undefined) return undefined;
  const found = await Promise.all([
    reachabilityByEdge(context, release, timeout),
    reachabilityOfPublished(context, release, timeout),
  ]);
  return joinParts(found.filter((each) => each !== undefined));
}

/** One release by the edge, and by the ports that its services publish themselves. Pure. */
export function joinParts(parts: readonly Reachability[]): Reachability | undefined {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first;
  const problems = parts.flatMap((each) => each.problems);
  const partly =
    problems.length > 0 && parts.some((each) => each.partly === true || each.problems.length === 0);
  return { release: first.release, problems, ...(partly ? { partly: true as const } : {}) };
}

/** @returns `undefined` if no service publishes ports itself, or they can't be asked: that needs the image of the edge */
async function reachabilityOfPublished(
  context: HostContext,
  release: Release,
  timeout: number,
): Promise<Reachability | undefined> {
  if (!publishesPortsItself(release)) return undefined;
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT);
    return { release: release.id, problems: await publishedProblems(context, release, timeout, signal) };
  } catch (error) {
    context.log.debug(messageOf(error));
    return undefined;
  }
}

/** @returns `undefined` if the release has no routes, or the host can't be asked */
async function reachabilityByEdge(
  context: HostContext,
  release: Release,
  timeout: number,
): Promise<Reachability | undefined> {
  const { engine, appEnvironment, releases, log, runState } = context;
  if (release.routes.length === 0) return undefined;
  const probe = (edge: string): Promise<readonly ProbedAddress[]> =>
    probeEdgeRoutes(
      engine,
      edge,
      release.health.path ?? '/',
      new Map(release.routes.map((route) => [route.id, routeIdentity(release, route)])),
      timeout,
      AbortSignal.timeout(PROBE_TIMEOUT),
    );
  try {
    // The edge that the run knows is most likely the one that runs: it is asked while the containers are listed.
    const known = runState.edge;
    const [containers, early] = await Promise.all([
      engine.listContainers([]),
      known === undefined ? undefined : probe(known).catch(() => undefined),
    ]);
    const own = containers.filter(({ labels }) =>
      Object.entries(labelsOf(appEnvironment)).every(([key, value]) => labels[key] === value),
    );
    const problems = missingRouteParts(release, own, containers);
    const edge = edgeState(own);
    const probed =
      edge.state !== 'running'
        ? []
        : edge.containerId === known && early !== undefined
          ? early
          : await probe(edge.containerId);
    const answers = edge.state === 'running' ? answerProblems(releases, probed) : [];
    const partly = problems.length === 0 && answers.length > 0 && probed.some(({ result }) => result.ok);
    return {
      ...{ release: release.id, problems: [...problems, ...answers] },
      ...(partly ? { partly: true as const } : {}),
    };
  } catch (error) {
    if (engine.disconnected.aborted) return undefined;
    log.debug(messageOf(error));
    return {
      release: release.id,
      problems: [`the edge can't be asked: ${messageWithoutHost(engine.host, error)}`],
    };
  }
}

/** What is missing between visitors and the edge. Pure. */
export function missingRouteParts(
  release: Release,
  own: readonly ContainerSummary[],
  all: readonly ContainerSummary[],
): readonly string[] {
  const { routes } = release;
  const isAccessory = (each: ContainerSummary): boolean =>
    each.state === 'running' && releaseIdOn(each) === undefined && !isOneOff(each);
  const edges = edgeContainers(own).filter(({ state }) => state === 'running');
  if (edges.length === 0) return ['its edge does not run'];
  const open = new Set(edges.flatMap(({ ports }) => ports.map(({ port }) => port)));
  const closed = [...new Set(routes.flatMap(({ published }) => published.map(({ port }) => port)))].filter(
    (port) => !open.has(port),
  );
  return [
    ...closed.map((port) => `nothing listens on its port ${port}`),
    ...(hasDomains({ routes }) && frontAmong(all)?.state !== 'running' ? ['the front does not run'] : []),
    ...neededProxiesOf(release)
      .filter((proxy) => !own.some((each) => serviceOf(each) === proxy && isAccessory(each)))
      .map((proxy) => `${proxy}, the proxy of the Compose file, does not run`),
  ];
}

/** The routes of the releases with traffic that no replica answers. Pure. */
export function answerProblems(
  releases: ReadonlyMap<ReleaseId, Release>,
  probed: readonly ProbedAddress[],
): readonly string[] {
  const serving = new Set(probed.map(({ release }) => release));
  if (serving.size === 0) return ['the edge has no release to send requests to'];
  const problems = [...serving].flatMap((id) =>
    (id === undefined ? [] : (releases.get(id)?.routes ?? [])).flatMap(
      ({ id: route, service, containerPort }) => {
        const results = probed
          .filter((each) => each.release === id && each.route === route)
          .map(({ result }) => result);
        if (results.some(({ ok }) => ok)) return [];
        const [failure = 'the edge has no address of it'] = results.flatMap((result) =>
          result.ok ? [] : [result.failure],
        );
        return [`${service} gives no answer on port ${containerPort}: ${failure}`];
      },
    ),
  );
  return [...new Set(problems)];
}
