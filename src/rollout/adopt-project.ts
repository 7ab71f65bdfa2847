import type { ContainerDetails, ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { messageWithoutHost } from '../model/errors.ts';
import type { Action } from '../plan/actions.ts';
import { accessoryContainerNames, nameBeforeAdoption, setAsideName } from '../plan/adopted-names.ts';
import { allOrThrow } from '../run/promises.ts';
import { listAccessories } from './accessory-containers.ts';
import { isOneOff, serviceOf } from './compose-labels.ts';
import { ignoreNotFound, inspectAll } from './containers.ts';
import { type HostContext, releaseById } from './host-context.ts';

/** The containers of a deployment by `docker compose up -d` that Sealift takes over: stopped and kept, or started again. */

/** With this policy a container that was stopped stays so when the engine restarts. */
const STAYS_STOPPED = { name: 'unless-stopped', maxRetries: 0 } as const;

/**
 * Stops the containers of a Compose project whose services the release has, so that their ports and volumes are free, and renames
 * those that have a name which an accessory needs. They are kept: nothing of the project is removed.
 */
export async function stopAdoptedProject(
  context: HostContext,
  { project, release: id }: Action<'stop-project'>,
): Promise<string> {
  const { engine, runState } = context;
  const release = releaseById(context, id);
  const all = await listProject(engine, project);
  const own = all.filter((each) => {
    const service = serviceOf(each) ?? '';
    return service in release.services || service in release.base.services;
  });
  const containers = await inspectAll(engine, own);
  for (const each of containers)
    if (!runState.stoppedContainers.has(each.id)) runState.stoppedContainers.set(each.id, each);
  const needed = accessoryContainerNames(release);
  const inTheWay = containers.filter(({ name }) => needed.has(name));
  await allOrThrow(
    containers.map(async (each) => {
      if (each.restartPolicy === 'always' || each.restartPolicy === 'on-failure')
        await engine.setRestartPolicy(each.id, STAYS_STOPPED);
      if (isRunning(each)) await engine.stopContainer(each.id).catch(ignoreNotFound);
    }),
  );
  // Not before all have stopped: others of the project may reach it by that name.
  await allOrThrow(
    inTheWay.map(({ id: container, name }) =>
      engine.renameContainer(container, setAsideName(name)).catch(ignoreNotFound),
    ),
  );
  const count = containers.filter(isRunning).length;
  const renamed = inTheWay.map(({ name }) => `, ${name} renamed to ${setAsideName(name)}`).join('');
  return `${count} stopped${renamed}; once they are not needed any more: docker compose -p ${project} rm (never down --volumes)`;
}

/**
 * Starts what `stopAdoptedProject` has stopped, with the restart policy and the name that it had. The accessories of the failed first
 * deploy are removed before that, and their volumes kept: two databases on one volume would destroy it.
 */
export async function restartAdoptedProject(
  context: HostContext,
  { project }: Action<'start-project'>,
): Promise<string> {
  const { engine, runState } = context;
  const accessories = await listAccessories(context);
  for (const { id } of accessories) await engine.stopContainer(id).catch(ignoreNotFound);
  await allOrThrow(
    accessories.map(({ id }) => engine.removeContainer(id, { force: true, keepVolumes: true })),
  );
  const before = [...runState.stoppedContainers.values()];
  const present = await listProject(engine, project);
  for (const each of present) await giveNameBack(context, each);
  const ids = new Set(present.map(({ id }) => id));
  for (const each of inStartOrder(before.filter(({ id }) => ids.has(id)))) {
    const { restartPolicy: name, restartRetries: maxRetries = 0 } = each;
    if (name === 'always' || name === 'on-failure')
      await engine.setRestartPolicy(each.id, { name, maxRetries });
    if (isRunning(each)) await engine.startContainer(each.id);
  }
  return `${before.filter(isRunning).length} started`;
}

/** Also after a run that was killed: the name says what it was before. A container that runs under another name is better than none. */
async function giveNameBack({ engine, log }: HostContext, { id, name }: ContainerSummary): Promise<void> {
  const former = nameBeforeAdoption(name);
  if (former === name) return;
  try {
    await engine.renameContainer(id, former).catch(ignoreNotFound);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    log.warning(`${engine.host}: ${name} keeps that name: ${messageWithoutHost(engine.host, error)}`);
  }
}

const isRunning = ({ state }: Pick<ContainerDetails, 'state'>): boolean =>
  state === 'running' || state === 'restarting' || state === 'paused';

const listProject = async (engine: Engine, project: string): Promise<readonly ContainerSummary[]> =>
  (await engine.listContainers([`com.docker.compose.project=${project}`])).filter((each) => !isOneOff(each));

/** After those that they depend on, by the label that Compose writes: `db:service_healthy:false,cache:…`. */
function inStartOrder(containers: readonly ContainerDetails[]): readonly ContainerDetails[] {
  const placed: ContainerDetails[] = [];
  let rest = containers;
  while (rest.length > 0) {
    const waiting = new Set(rest.map((each) => serviceOf(each) ?? ''));
    const ready = rest.filter((each) => dependenciesOn(each).every((name) => !waiting.has(name)));
    placed.push(...(ready.length > 0 ? ready : rest));
    rest = rest.filter((each) => !placed.includes(each));
  }
  return placed;
}

const dependenciesOn = ({ labels }: ContainerDetails): readonly string[] =>
  (new Map(Object.entries(labels)).get('com.docker.compose.depends_on') ?? '')
    .split(',')
    .map((each) => each.split(':', 1)[0] ?? '');
