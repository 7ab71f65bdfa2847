import { labelFilters } from '../edge/networks.ts';
import type { ContainerDetails, ContainerSummary, Engine, Labels } from '../engine/engine.ts';
import { NotFound } from '../engine/errors.ts';
import { LABEL, labelsOf } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { isStopped } from '../plan/host-queries.ts';
import { allOrThrow } from '../run/promises.ts';
import { isOneOff, releaseIdOn } from './compose-labels.ts';
import type { HostContext } from './host-context.ts';
import { runPreStop } from './lifecycle-hooks.ts';
import { type ReplicaQuery, selectReplicas } from './replica-selection.ts';
import { disableRestartPolicy } from './restart-policy.ts';

/** The containers of a release on a host: list, inspect, stop and remove them. */

/** Without the containers of `docker compose run`. */
export async function listReplicas(
  context: HostContext,
  query: ReplicaQuery,
): Promise<readonly ContainerSummary[]> {
  const all = await listByLabels(context, { [LABEL.release]: query.release });
  const replicas = all.filter((each) => !isOneOff(each));
  context.runState.knownContainers.set(query.release, replicas);
  return selectReplicas(replicas, query);
}

/** The same as `listReplicas`, with all details. One round of calls, unless a container has come that the run has not seen yet. */
export async function inspectReplicas(
  context: HostContext,
  query: ReplicaQuery,
): Promise<readonly ContainerDetails[]> {
  const { engine, runState } = context;
  const { services } = query;
  const known = selectReplicas(runState.knownContainers.of(query.release), { ...(services && { services }) });
  const [early, listed] = await allOrThrow([inspectAll(engine, known), listReplicas(context, query)]);
  const late = await inspectAll(
    engine,
    listed.filter(({ id }) => !early.some((each) => each.id === id)),
  );
  const found = new Map([...early, ...late].map((each) => [each.id, each]));
  return listed.flatMap(({ id }) => found.get(id) ?? []);
}

const listByLabels = (
  { engine, appEnvironment }: Pick<HostContext, 'engine' | 'appEnvironment'>,
  labels: Labels,
): Promise<readonly ContainerSummary[]> =>
  engine.listContainers(labelFilters({ ...labelsOf(appEnvironment), ...labels }));

/** The details of listed containers. One that was removed since it was listed is left out. */
export async function inspectAll(
  engine: Pick<Engine, 'inspectContainer'>,
  containers: readonly Pick<ContainerSummary, 'id'>[],
): Promise<readonly ContainerDetails[]> {
  const found = await Promise.all(
    containers.map(({ id }) => engine.inspectContainer(id).catch(ignoreNotFound)),
  );
  return found.filter((details) => details !== undefined);
}

/** Ends without an error if what was asked for no longer exists. */
export function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error;
}

/** Stops containers and keeps them, so that a rollback only starts them. */
export async function stopServices(context: HostContext, query: ReplicaQuery): Promise<string> {
  const { engine, jobCancelled, runState } = context;
  if (runState.checked?.release === query.release) runState.checked = undefined;
  // Those that are known already need not wait for the list, unless it says which of them are meant.
  const isPart = query.only !== undefined || query.after !== undefined;
  const known = isPart ? [] : selectReplicas(runState.knownContainers.of(query.release), query);
  const [containers, details] = await allOrThrow([
    listReplicas(context, query),
    inspectAll(engine, known),
    ...known.map((container) => disableRestartPolicy(context, container)),
  ]);
  const running = containers.filter((container) => !isStopped(container));
  await Promise.all(
    containers.map(async (container) => {
      if (!known.some(({ id }) => id === container.id)) await disableRestartPolicy(context, container);
      if (!running.includes(container)) return;
      await runPreStop(context, container);
      const grace = jobCancelled ? 1 : details.find(({ id }) => id === container.id)?.stopTimeout;
      await engine.stopContainer(container.id, grace).catch(ignoreNotFound);
    }),
  );
  return `${running.length} stopped`;
}

/** All containers of releases, with those of `docker compose run`. */
export async function listReleaseContainers(
  context: Pick<HostContext, 'engine' | 'appEnvironment'>,
  ids: readonly ReleaseId[],
): Promise<readonly ContainerSummary[]> {
  const all = await context.engine.listContainers([
    ...labelFilters(labelsOf(context.appEnvironment)),
    LABEL.release,
  ]);
  return all.filter((each) => ids.some((id) => id === releaseIdOn(each)));
}
