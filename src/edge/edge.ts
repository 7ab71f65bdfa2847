import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { HostError, messageWithout } from '../model/errors.ts';
import type { EdgeState } from '../model/host.ts';
import { baseProject, LABEL, labelsOf, SLOTS, slotNetwork } from '../model/release.ts';
import { type EdgeSpec, edgeFingerprint, listening } from './config.ts';
import { awaitCaddy, caddyContainer } from './container.ts';
import { drain } from './drain.ts';
import {
  type AppName,
  CONFIG_FILE,
  FRONT_MOUNT,
  FRONT_VOLUME,
  SOCKETS,
  STATE,
  stateVolume,
} from './layout.ts';
import { ensureSlotNetworks, ensureStateVolume, filtersOf } from './networks.ts';
import { explainTakenPort } from './ports.ts';
import { type WhereStands, writeState } from './state.ts';

/** The edge of an app and environment as a container. There is one, except for the moment in which one replaces another. */

const labels = (of: AppName): Readonly<Record<string, string>> => ({ ...labelsOf(of), [LABEL.role]: 'edge' });

/** Looks for an app's edge. */
export async function observeEdge(engine: Engine, of: AppName): Promise<EdgeState> {
  return edgeState(await edgesOf(engine, of));
}

/** The edge among containers; where a replacement was cut short and left two, the one that runs. */
export function edgeState(containers: readonly ContainerSummary[]): EdgeState {
  const edges = containers.filter((container) => container.labels[LABEL.role] === 'edge');
  const edge = edges.find((container) => container.state === 'running') ?? edges[0];
  if (edge === undefined) return { state: 'absent' };
  return {
    state: edge.state === 'running' ? 'running' : 'stopped',
    containerId: edge.id,
    fingerprint: edge.labels[LABEL.edge] ?? '',
  };
}

const edgesOf = (engine: Engine, of: AppName): Promise<readonly ContainerSummary[]> =>
  engine.listContainers(filtersOf(labels(of)));

/**
 * Sees to it that the edge for `spec` runs and answers: one that is right is started where it stands still, one for other
 * ports is replaced; where both need the same port, nothing answers there for about a second. If the new one can't start,
 * the former one runs again. Its first request already finds the releases that have the traffic.
 *
 * @param image must be on the host already
 * @param whereStands `undefined`: nothing has traffic, and what a former edge left is forgotten
 * @returns the container's id
 * @throws HostError when a port is taken, naming it and its holder, or when Caddy does not come up
 */
export async function ensureEdge(
  engine: Engine,
  spec: EdgeSpec,
  image: string,
  whereStands: WhereStands | undefined,
): Promise<string> {
  const fingerprint = edgeFingerprint(spec);
  const found = await edgesOf(engine, spec);
  const right = found.find((edge) => edge.labels[LABEL.edge] === fingerprint);
  const others = found.filter((edge) => edge !== right);
  if (right?.state === 'running') {
    await awaitCaddy(engine, right.id, `The edge ${right.name}`);
    await removeAll(engine, others);
    return right.id;
  }
  await ensureSlotNetworks(engine, spec);
  await ensureStateVolume(engine, spec);
  // One that stands still is made anew as well: its networks may have been pruned, and its image be an older one.
  if (right !== undefined) await engine.removeContainer(right.id, { force: true });
  const name = freeName(spec, others);
  const id = await engine.createContainer(name, edgeContainer(spec, image));
  await takeOver(engine, spec, { id, name, whereStands }, others);
  return id;
}

/** Milliseconds; a stream that lasts longer is cut when an edge is replaced. */
const LONGEST_GOODBYE = 10_000;

async function takeOver(
  engine: Engine,
  spec: EdgeSpec,
  {
    id,
    name,
    whereStands,
  }: { readonly id: string; readonly name: string; readonly whereStands: WhereStands | undefined },
  others: readonly ContainerSummary[],
): Promise<void> {
  const before = others.filter((edge) => edge.state === 'running');
  const ports = spec.routes.flatMap(({ published }) => published.map(({ port }) => port));
  // Without a port in common both can run for a moment: the new one takes the sockets over, and nothing is cut off.
  const beside = !before.some((edge) => edge.ports.some(({ port }) => ports.includes(port)));
  try {
    await writeState(engine, id, spec, whereStands);
    if (!beside) for (const edge of before) await engine.stopContainer(edge.id);
    await engine.startContainer(id);
    await awaitCaddy(engine, id, `The edge ${name}`);
  } catch (error) {
    if (engine.lost.aborted) throw error;
    throw await bringAllBack(engine, before, id, await explained(engine, error, ports));
  }
  if (beside) for (const edge of before) await finishRequests(engine, edge);
  await removeAll(engine, others);
}

/** The explanation is asked of the engine; where that fails as well, the error speaks for itself. */
async function explained(engine: Engine, error: unknown, ports: readonly number[]): Promise<unknown> {
  return explainTakenPort(engine, error, ports).catch(() => error);
}

/**
 * Takes the new edge away and lets each former one serve again, whatever fails of the others.
 * @returns `why`, with what could not be brought back
 */
async function bringAllBack(
  engine: Engine,
  before: readonly ContainerSummary[],
  id: string,
  why: unknown,
): Promise<unknown> {
  const failures: string[] = [];
  for (const step of [
    () => engine.removeContainer(id, { force: true }),
    ...before.map((edge) => () => bringBack(engine, edge)),
  ]) {
    await step().catch((error: unknown) => failures.push(messageWithout(engine.host, error)));
  }
  if (failures.length === 0) return why;
  const message = `${messageWithout(engine.host, why)} And what was before could not be put back: ${failures.join(' · ')}`;
  return new HostError(engine.host, message, { cause: why });
}

/** Stopped first in any case: a new edge may have taken its sockets before it failed. */
async function bringBack(engine: Engine, edge: ContainerSummary): Promise<void> {
  await engine.stopContainer(edge.id);
  await engine.startContainer(edge.id);
  await awaitCaddy(engine, edge.id, `The former edge ${edge.name}`);
}

/** Waits for what an edge is still answering while another one has taken its place; then it can be killed. */
async function finishRequests(engine: Engine, edge: ContainerSummary): Promise<void> {
  for (const slot of SLOTS) await drain(engine, edge.id, slot, LONGEST_GOODBYE);
}

/** Removes an app's edge; its state stays in the volume, its networks with the releases on them. */
export async function removeEdge(engine: Engine, of: AppName): Promise<void> {
  const edges = await edgesOf(engine, of);
  for (const edge of edges) await engine.stopContainer(edge.id);
  await removeAll(engine, edges);
}

async function removeAll(engine: Engine, edges: readonly ContainerSummary[]): Promise<void> {
  for (const edge of edges) await engine.removeContainer(edge.id, { force: true });
}

/** `<app>-<environment>-edge`; while that one is being replaced, the new one's name ends in `-2`. */
function freeName(of: AppName, others: readonly ContainerSummary[]): string {
  const name = `${baseProject(of)}-edge`;
  return others.some((edge) => edge.name === name) ? `${name}-2` : name;
}

/** The spec of an edge's container. Pure. */
export function edgeContainer(spec: EdgeSpec, image: string): Readonly<Record<string, unknown>> {
  const sockets = spec.routes.some((route) => route.socket);
  const published = listening(spec).filter((route) => route.published.length > 0);
  return caddyContainer({
    image,
    config: CONFIG_FILE,
    scratch: SOCKETS,
    labels: { ...labels(spec), [LABEL.edge]: edgeFingerprint(spec) },
    networks: SLOTS.map((slot) => slotNetwork(spec, slot)),
    volumes: { [stateVolume(spec)]: STATE, ...(sockets ? { [FRONT_VOLUME]: FRONT_MOUNT } : {}) },
    ports: Object.fromEntries(published.map((route) => [`${route.port}/tcp`, route.published])),
  });
}

/** @throws HostError when no edge runs for the app. */
export function runningEdge(engine: Engine, state: EdgeState): string {
  if (state.state === 'running') return state.containerId;
  throw new HostError(engine.host, `the edge is ${state.state}, so traffic can't be moved.`);
}
