import { acceptedRelease } from '../../src/model/history.ts';
import type { HistoryEntry, ObservedContainer, ObservedHost, ObservedRelease } from '../../src/model/host.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import type { Release, ReleaseId, Role, ServiceName, Slot } from '../../src/model/release.ts';
import type { Action } from '../../src/plan/steps.ts';
import type { Wanted } from '../../src/plan/wanted.ts';

/** A model of one host, on which plans are carried out in memory: what runs, where the edge sends requests. */
export interface World {
  readonly running: Map<ReleaseId, Set<ServiceName>>;
  readonly stopped: Map<ReleaseId, Set<ServiceName>>;
  /** On which slot's network each container is. */
  readonly slots: Map<ReleaseId, Map<ServiceName, Slot>>;
  readonly records: Map<ReleaseId, Release>;
  readonly checked: Set<ReleaseId>;
  readonly history: HistoryEntry[];
  readonly accessories: Set<ServiceName>;
  edge: { state: 'absent' | 'running' | 'stopped'; fingerprint: string };
  front: boolean;
  traffic: { slot: Slot; release: ReleaseId } | undefined;
}

export function emptyWorld(): World {
  return {
    running: new Map(),
    stopped: new Map(),
    slots: new Map(),
    records: new Map(),
    checked: new Set(),
    history: [],
    accessories: new Set(),
    edge: { state: 'absent', fingerprint: '' },
    front: false,
    traffic: undefined,
  };
}

export const fingerprintOf = (release: Release): string | undefined =>
  release.routes.length === 0
    ? undefined
    : release.routes.flatMap((route) => route.published.map(({ port }) => port)).join();

export function makeRelease(
  id: ReleaseId,
  roles: Readonly<Record<ServiceName, Role>>,
  options: Partial<Pick<Release, 'base' | 'wholeRecreate'>> & { port?: number } = {},
): Release {
  const image = `shop@sha256:${id.padEnd(64, '0')}` as PinnedImage;
  const names = Object.keys(roles);
  return {
    id,
    app: 'shop',
    environment: 'test',
    services: Object.fromEntries(
      names.map((name) => [
        name,
        { name, image, role: roles[name] ?? 'worker', because: undefined, replicas: 1, oneShot: false },
      ]),
    ),
    routes: names
      .filter((name) => roles[name] === 'served' || name === 'web')
      .map((service) => ({
        id: `${service}-80`,
        service,
        containerPort: 80,
        published: [{ address: undefined, port: options.port ?? 8080 }],
        domains: [],
      })),
    wholeRecreate: options.wholeRecreate,
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

/** What a plan wants beyond its release, where a test says nothing else. */
export const usually: Omit<Wanted, 'release' | 'edge'> = {
  strategy: { name: 'blue-green' },
  keep: 5,
  event: 'accepted',
  bake: 0,
  limits: undefined,
  updateAccessories: false,
  hooks: { before: [], after: [] },
};

/** The slot that all containers of a release are in. */
export function slotIn(world: World, id: ReleaseId): Slot | undefined {
  const there = (name: ServiceName): boolean =>
    world.running.get(id)?.has(name) === true || world.stopped.get(id)?.has(name) === true;
  const slots = new Set(
    [...(world.slots.get(id) ?? [])].filter(([name]) => there(name)).map(([, slot]) => slot),
  );
  return slots.size === 1 ? [...slots][0] : undefined;
}

/** Brings what there is of a release into a slot, as far as it gets. Networks of running containers are never changed. */
export function move(world: World, id: ReleaseId, slot: Slot, most = Number.POSITIVE_INFINITY): void {
  const stands = world.slots.get(id);
  for (const [name, where] of [...(stands ?? [])].slice(0, most)) {
    if (where !== slot && world.running.get(id)?.has(name)) {
      throw new Error(`${id}/${name} runs in ${where}, and was to be moved to ${slot}`);
    }
    stands?.set(name, slot);
  }
}

export function observe(world: World, host = 'ssh://one'): ObservedHost {
  const ids = new Set([...world.records.keys(), ...world.running.keys(), ...world.stopped.keys()]);
  const releases = [...ids].map((id): ObservedRelease => {
    const containers = [
      ...[...(world.running.get(id) ?? [])].map((service) => container(id, service, true)),
      ...[...(world.stopped.get(id) ?? [])].map((service) => container(id, service, false)),
    ];
    return {
      id,
      containers,
      slot: slotIn(world, id),
      record: world.records.get(id),
    };
  });
  return {
    host,
    edge:
      world.edge.state === 'absent'
        ? { state: 'absent' }
        : { state: world.edge.state, containerId: 'edge', fingerprint: world.edge.fingerprint },
    front: world.front,
    traffic: world.traffic,
    accepted: acceptedRelease(world.history),
    releases,
    accessories: [...world.accessories].map((service) => container('base', service, true)),
    history: world.history,
    foreignPorts: new Map(),
  };
}

function container(release: string, service: ServiceName, running: boolean): ObservedContainer {
  return {
    id: `${release}-${service}`,
    name: `${release}-${service}`,
    service,
    state: running ? 'running' : 'exited',
    health: undefined,
    exitCode: running ? undefined : 0,
    startedAt: undefined,
    imageId: release,
    number: 1,
    definition: undefined,
  };
}

/** Containers of a release die by themselves. */
export function die(world: World, id: ReleaseId, services: readonly ServiceName[]): void {
  act(world, { kind: 'stop', release: id, services, evidence: false }, new Map());
}

/** Carries out one action on the model, as `src/target/` does on an engine. */
export function act(world: World, action: Action, releases: ReadonlyMap<ReleaseId, Release>): void {
  const of = (map: Map<ReleaseId, Set<ServiceName>>, id: ReleaseId): Set<ServiceName> =>
    map.get(id) ?? map.set(id, new Set()).get(id) ?? new Set();
  const release =
    'release' in action && action.release !== undefined ? releases.get(action.release) : undefined;
  switch (action.kind) {
    case 'edge':
      world.edge = {
        state: 'running',
        fingerprint: release === undefined ? '' : (fingerprintOf(release) ?? ''),
      };
      return;
    case 'remove-edge':
      world.edge = { state: 'absent', fingerprint: '' };
      return;
    case 'record':
      if (release !== undefined) world.records.set(release.id, release);
      return;
    case 'accessories':
      for (const name of action.services) world.accessories.add(name);
      return;
    case 'start':
      move(world, action.release, action.slot);
      for (const name of action.services) {
        if (
          action.how === 'start' &&
          !of(world.stopped, action.release).has(name) &&
          !of(world.running, action.release).has(name)
        ) {
          throw new Error(`${action.release}/${name} was started, but has no container`);
        }
        of(world.running, action.release).add(name);
        of(world.stopped, action.release).delete(name);
        const stands = world.slots.get(action.release) ?? new Map<ServiceName, Slot>();
        world.slots.set(action.release, stands.set(name, action.slot));
      }
      return;
    case 'stop':
      for (const name of action.services) {
        if (of(world.running, action.release).delete(name)) of(world.stopped, action.release).add(name);
      }
      return;
    case 'check':
      for (const name of action.services) {
        if (!of(world.running, action.release).has(name))
          throw new Error(`${action.release}/${name} was checked, but does not run`);
      }
      world.checked.add(action.release);
      return;
    case 'switch':
      if (world.edge.state !== 'running') throw new Error('switched without an edge');
      for (const { service } of release?.routes ?? []) {
        if (of(world.running, action.release).has(service)) continue;
        throw new Error(`switched to ${action.release}, whose ${service} does not run`);
      }
      world.traffic = { slot: action.slot, release: action.release };
      return;
    case 'clear':
      if (world.traffic?.slot === action.slot) world.traffic = undefined;
      return;
    case 'accept':
      world.history.push({
        at: '',
        event: action.event,
        release: action.release,
        previous: action.previous,
        actor: undefined,
        runUrl: undefined,
      });
      return;
    case 'turned-back':
      world.history.push({
        at: '',
        event: 'turned-back',
        release: action.release,
        previous: action.previous,
        actor: undefined,
        runUrl: undefined,
      });
      return;
    case 'prune':
      for (const id of action.releases) {
        world.running.delete(id);
        world.stopped.delete(id);
        world.slots.delete(id);
        world.records.delete(id);
      }
      return;
    case 'front':
      world.front = true;
      return;
    default:
  }
}
