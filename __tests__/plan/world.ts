import { otherSlot, type Slot } from '../../src/model/app-environment.ts';
import { type HistoryEntry, lastAcceptedRelease } from '../../src/model/history.ts';
import type {
  EdgeState,
  ObservedContainer,
  ObservedHost,
  ObservedRelease,
  Traffic,
} from '../../src/model/host.ts';
import type { ReleaseId, ServiceName } from '../../src/model/identifiers.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import type { Release, ReleasedService, Role } from '../../src/model/release.ts';
import type { DesiredState } from '../../src/plan/desired-state.ts';
import { effectiveTraffic } from '../../src/plan/host-queries.ts';
import { endedServices } from '../../src/release/ended-services.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

/** A model of one host, on which tests perform plans in memory: what runs, and where the edge sends requests. */
export interface World {
  /** In the order of their numbers, for each service. */
  readonly containers: Map<ReleaseId, Map<ServiceName, Replica[]>>;
  readonly records: Map<ReleaseId, Release>;
  readonly history: HistoryEntry[];
  readonly accessories: Set<ServiceName>;
  edge: { state: 'absent' | 'running' | 'stopped'; fingerprint: string };
  front: boolean;
  /** Another app has an edge. */
  otherEdges: boolean;
  /** Releases whose containers have no restart policy, so that nobody can tell a stop from a crash. */
  readonly unrestarted: Set<ReleaseId>;
  /** Releases that can't be started any more. */
  readonly broken: Set<ReleaseId>;
  /** The edge's files: the upstreams of each slot by service. */
  readonly lists: Map<Slot, List>;
  split: { readonly to: Slot } | { readonly canary: Slot; readonly share: number } | undefined;
}

export interface Replica {
  readonly release: ReleaseId;
  readonly service: ServiceName;
  running: boolean;
  /** It has ended with 0, as a service that does its work must. */
  done: boolean;
  /** An action stopped it; it did not crash. */
  stopped: boolean;
  slot: Slot;
  /** It was found healthy since its last start. */
  checked: boolean;
}

export interface List {
  readonly release: ReleaseId;
  readonly addresses: ReadonlyMap<ServiceName, readonly Replica[]>;
  /** The share of its requests that goes to replicas of another release. */
  readonly share: number;
}

export function emptyWorld(): World {
  return {
    containers: new Map(),
    records: new Map(),
    history: [],
    accessories: new Set(),
    edge: { state: 'absent', fingerprint: '' },
    front: false,
    otherEdges: false,
    unrestarted: new Set(),
    broken: new Set(),
    lists: new Map(),
    split: undefined,
  };
}

const edgeFor = (record: Release | undefined): string | undefined => record && fingerprintOf(record);

export const fingerprintOf = (release: Release): string | undefined =>
  release.routes.length === 0
    ? undefined
    : release.routes.flatMap((route) => route.published.map(({ port }) => port)).join();

interface Options extends Partial<Pick<Release, 'base' | 'recreateReason'>> {
  readonly port?: number;
  readonly details?: Readonly<
    Record<ServiceName, Partial<Pick<ReleasedService, 'replicas' | 'update' | 'oneShot' | 'mayEnd'>>>
  >;
}

export function makeRelease(
  id: string,
  roles: Readonly<Record<ServiceName, Role>>,
  options: Options = {},
): Release {
  const image = `shop@sha256:${id.padEnd(64, '0')}` as PinnedImage;
  const names = Object.keys(roles);
  return {
    id: releaseId(id),
    app: 'shop',
    environment: 'test',
    services: Object.fromEntries(
      names.map((name) => [
        name,
        {
          name,
          image,
          role: roles[name] ?? 'worker',
          exclusiveReason: undefined,
          replicas: 1,
          oneShot: false,
          ...options.details?.[name],
        },
      ]),
    ),
    routes: names
      .filter((name) => roles[name] === 'served' || name === 'web')
      .map((service) => ({
        id: `${service}-80`,
        service,
        containerPort: 80,
        published: [{ address: undefined, port: (options.port ?? 8080) + place(service) }],
        domains: [],
      })),
    recreateReason: options.recreateReason,
    compose: { services: Object.fromEntries(names.map((name) => [name, { image }])) },
    base: options.base ?? { services: {} },
    conditions: [],
    lateAccessories: [],
    confidential: [],
    health: { path: undefined, timeout: 1000 },
    origin: {
      revision: undefined,
      ref: undefined,
      actor: undefined,
      runUrl: undefined,
      repository: undefined,
      tags: [],
      createdAt: '2026-01-01T00:00:00Z',
    },
  };
}

/** Each service has a port of its own, the same in every release. */
const place = (service: ServiceName): number =>
  service === 'web' ? 0 : [...service].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 1) % 10_000;

/** The defaults of the desired state. */
export const usually: Omit<DesiredState, 'release' | 'edgeFingerprint'> = {
  strategy: { name: 'blue-green' },
  keep: 5,
  command: 'deploy',
  bake: 0,
  limits: undefined,
  updateAccessories: false,
  hooks: { before: [], after: [] },
};

/** All containers of a release, or those of one service, in order. */
export function replicasOf(world: World, id: ReleaseId, service?: ServiceName): readonly Replica[] {
  const services = world.containers.get(id);
  if (service !== undefined) return services?.get(service) ?? [];
  return [...(services?.values() ?? [])].flat();
}

/** How many containers of a service run. */
export const running = (world: World, id: ReleaseId, service?: ServiceName): number =>
  replicasOf(world, id, service).filter((each) => each.running).length;

/** How many containers of a service run, or have done their work. */
export const up = (world: World, id: ReleaseId, service: ServiceName): number =>
  replicasOf(world, id, service).filter((each) => each.running || each.done).length;

/** The slot that all containers of a release are in. */
export function slotIn(world: World, id: ReleaseId): Slot | undefined {
  const slots = new Set(replicasOf(world, id).map(({ slot }) => slot));
  return slots.size === 1 ? [...slots][0] : undefined;
}

/** Moves the containers of a release, or the first `most`, to a slot. A running container can't be moved. */
export function move(world: World, id: ReleaseId, slot: Slot, most = Number.POSITIVE_INFINITY): void {
  for (const each of replicasOf(world, id).slice(0, most)) {
    if (each.slot === slot) continue;
    if (each.running)
      throw new Error(`${id}/${each.service} runs in ${each.slot} and can't be moved to ${slot}`);
    each.slot = slot;
  }
}

/** The containers of services crash. */
export function crash(world: World, id: ReleaseId, services: readonly ServiceName[]): void {
  for (const service of services) for (const each of replicasOf(world, id, service)) each.running = false;
}

/** Somebody removes the containers of a service by hand. */
export function remove(world: World, id: ReleaseId, service: ServiceName): void {
  world.containers.get(id)?.delete(service);
}

/** The lists that get requests now. */
export function activeLists(world: World): readonly List[] {
  const { split } = world;
  if (split === undefined || world.edge.state !== 'running') return [];
  const slots = 'to' in split ? [split.to] : [split.canary, otherSlot(split.canary)];
  return slots.flatMap((slot) => world.lists.get(slot) ?? []);
}

/** The traffic by the edge's files, as `src/edge/` reads them. */
export function trafficOf(world: World): Traffic | undefined {
  const { split } = world;
  if (split === undefined) return undefined;
  const releaseIn = (slot: Slot): Traffic | undefined => {
    const release = world.lists.get(slot)?.release;
    return release === undefined ? undefined : { slot, release };
  };
  if ('canary' in split) return combine(world, releaseIn(otherSlot(split.canary)), releaseIn(split.canary));
  const live = releaseIn(split.to);
  const other = [...(world.lists.get(split.to)?.addresses.values() ?? [])]
    .flat()
    .find(({ release }) => release !== live?.release);
  return combine(world, live, other && { slot: otherSlot(split.to), release: other.release });
}

function combine(world: World, before: Traffic | undefined, next: Traffic | undefined): Traffic | undefined {
  if (before === undefined || next === undefined) return before ?? next;
  return next.release === lastAcceptedRelease(world.history)
    ? { ...next, splitWith: before.release }
    : { ...before, splitWith: next.release };
}

export function observe(world: World, host = hostName('ssh://one')): ObservedHost {
  const ids = new Set([...world.records.keys(), ...world.containers.keys()]);
  const edge: EdgeState =
    world.edge.state === 'absent'
      ? { state: 'absent' }
      : { state: world.edge.state, containerId: 'edge', fingerprint: world.edge.fingerprint };
  const accepted = lastAcceptedRelease(world.history);
  return {
    host,
    edge,
    frontRunning: world.front,
    ...(world.otherEdges ? { hasOtherEdges: true as const } : {}),
    traffic: effectiveTraffic({ edge, traffic: trafficOf(world), accepted }),
    routedContainers: new Set(
      activeLists(world).flatMap(({ addresses }) =>
        [...addresses.values()].flat().map((each) => nameOf(world, each)),
      ),
    ),
    accepted,
    releases: [...ids].map(
      (id): ObservedRelease => ({
        id,
        containers: [...(world.containers.get(id)?.values() ?? [])].flatMap((replicas) =>
          replicas.map((each, index) =>
            container(id, each.service, index + 1, { ...each, restarts: !world.unrestarted.has(id) }),
          ),
        ),
        slot: slotIn(world, id),
        record: world.records.get(id),
        ...endedIn(world, id),
        edgeFingerprint: edgeFor(world.records.get(id)),
      }),
    ),
    accessories: [...world.accessories].map((service) =>
      container('base', service, 1, { running: true, stopped: false, done: false, restarts: false }),
    ),
    history: world.history,
    heldPorts: [],
  };
}

function endedIn(world: World, id: ReleaseId): Pick<ObservedRelease, 'ended'> {
  const record = world.records.get(id);
  const ended = record === undefined ? [] : endedServices(record, world.history);
  return ended.length > 0 ? { ended } : {};
}

const nameOf = (world: World, replica: Replica): string =>
  `${replica.release}-${replica.service}-${replicasOf(world, replica.release, replica.service).indexOf(replica) + 1}`;

function container(
  release: string,
  service: ServiceName,
  number: number,
  {
    running: isRunning,
    stopped,
    done,
    restarts,
  }: Pick<Replica, 'running' | 'stopped' | 'done'> & { readonly restarts: boolean },
): ObservedContainer {
  return {
    name: `${release}-${service}-${number}`,
    service,
    state: isRunning ? 'running' : 'exited',
    health: undefined,
    exitCode: isRunning ? undefined : stopped || done ? 0 : 1,
    definitionFingerprint: undefined,
    ...(restarts && !isRunning ? { restartPolicyState: stopped ? 'disabled' : 'not-disabled' } : {}),
  };
}
