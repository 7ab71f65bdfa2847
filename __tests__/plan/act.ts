import type { Slot } from '../../src/model/app-environment.ts';
import type { HistoryEntry } from '../../src/model/history.ts';
import type { HostName, ReleaseId, ServiceName } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { ReplicaRange } from '../../src/plan/replica-counts.ts';
import { hostName } from '../support/identifiers.ts';
import { activeLists, fingerprintOf, move, type Replica, replicasOf, type World } from './world.ts';

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>;
type Releases = ReadonlyMap<ReleaseId, Release>;

/** Performs one action on the model, as `src/rollout/` does on an engine. */
export function act(
  world: World,
  action: Action,
  releases: Releases,
  fleet: readonly HostName[] = [hostName('ssh://one')],
): void {
  switch (action.kind) {
    case 'ensure-edge': {
      const release = releases.get(action.release);
      world.edge = {
        state: 'running',
        fingerprint: action.closed ? 'closed' : release === undefined ? '' : (fingerprintOf(release) ?? ''),
      };
      if (action.resetTraffic) {
        world.lists.clear();
        world.split = undefined;
      }
      return;
    }
    case 'remove-edge':
      world.edge = { state: 'absent', fingerprint: '' };
      return;
    case 'record-release': {
      const release = releases.get(action.release);
      if (release !== undefined) world.records.set(release.id, release);
      return;
    }
    case 'ensure-accessories':
      for (const name of action.services) world.accessories.add(name);
      return;
    case 'start-services':
      start(world, action, releases);
      return;
    case 'stop-services':
      for (const each of replicasIn(world, action)) Object.assign(each, { running: false, stopped: true });
      return;
    case 'check-health':
      check(world, action, releases);
      return;
    case 'watch-release':
      for (const each of replicasIn(world, action)) {
        if (!each.running) throw new Error(`${name(each)} is watched, but does not run`);
      }
      return;
    case 'final-check':
      finalCheck(world, action, releases);
      return;
    case 'run-hook':
      if (!world.records.has(action.release)) throw new Error('a hook runs before the record exists');
      return;
    case 'switch-traffic':
      writeList(world, action.slot, action.release, releases, () => true);
      world.split = { to: action.slot };
      return;
    case 'split-traffic':
      writeList(world, action.slot, action.release, releases, () => true);
      writeList(world, action.baseline.slot, action.baseline.release, releases, () => true);
      world.split = { canary: action.slot, share: action.share };
      return;
    case 'balance-replicas':
      balance(world, action, releases);
      return;
    case 'clear-slot':
      world.lists.delete(action.slot);
      if (world.split !== undefined && 'to' in world.split && world.split.to === action.slot)
        world.split = undefined;
      return;
    case 'drain-traffic':
      drain(world, action);
      return;
    case 'accept-release':
      world.history.push(entry('accepted', action, fleet));
      return;
    case 'record-rollback':
      world.history.push(entry('rolled-back', action, fleet));
      return;
    case 'prune-releases':
      for (const id of action.releases) {
        world.containers.delete(id);
        world.records.delete(id);
      }
      return;
    case 'ensure-front':
      world.front = true;
      return;
    default:
  }
}

const entry = (
  event: HistoryEntry['event'],
  {
    release,
    previous,
    command,
  }: {
    readonly release: ReleaseId;
    readonly previous: ReleaseId | undefined;
    readonly command?: HistoryEntry['command'];
  },
  fleet: readonly HostName[],
): HistoryEntry => ({
  at: '',
  event,
  release,
  previous,
  actor: undefined,
  runUrl: undefined,
  ...(command === undefined ? {} : { command, fleet }),
});

const name = ({ release, service }: Replica): string => `${release}/${service}`;

/** The replicas that an action applies to. */
function replicasIn(
  world: World,
  {
    release,
    services,
    only,
    after,
  }: ReplicaRange & { readonly release: ReleaseId; readonly services: readonly ServiceName[] },
): readonly Replica[] {
  return services.flatMap((service) =>
    replicasOf(world, release, service).slice(
      after?.[service] ?? 0,
      only === undefined ? undefined : (only[service] ?? 0),
    ),
  );
}

function start(world: World, action: ActionOf<'start-services'>, releases: Releases): void {
  const { release, slot, services, how, only } = action;
  move(world, release, slot);
  for (const service of services) {
    const byService = world.containers.get(release) ?? new Map<ServiceName, Replica[]>();
    world.containers.set(release, byService);
    const replicas = byService.get(service) ?? [];
    byService.set(service, replicas);
    const all = releases.get(release)?.services[service]?.replicas ?? 1;
    const count = only === undefined ? all : (only[service] ?? 0);
    while (how === 'create' && replicas.length < count)
      replicas.push({ release, service, running: false, done: false, stopped: false, slot, checked: false });
    if (how === 'start' && replicas.length === 0)
      throw new Error(`${release}/${service} starts, but has no container`);
  }
  for (const each of replicasIn(world, action)) {
    const ends = releases.get(release)?.services[each.service]?.oneShot === true;
    if (ends && each.done) {
      if (world.history.some((entry) => entry.event === 'accepted' && entry.release === release))
        throw new Error(`${name(each)} starts again, but its work is done`);
      continue;
    }
    if (!each.running) each.checked = false;
    const starts = !world.broken.has(release);
    Object.assign(each, { running: starts && !ends, done: starts && ends, stopped: false });
  }
}

function check(world: World, action: ActionOf<'check-health'>, releases: Releases): void {
  for (const service of action.services) {
    const found = replicasIn(world, { ...action, services: [service] });
    const all = releases.get(action.release)?.services[service]?.replicas ?? 1;
    const expected =
      (action.only === undefined ? all : (action.only[service] ?? 0)) - (action.after?.[service] ?? 0);
    const running = found.filter((each) => each.running || each.done);
    if (running.length + (action.tolerate?.[service] ?? 0) < expected)
      throw new Error(`${action.release}/${service} is checked, but ${running.length} of ${expected} run`);
    for (const each of running) each.checked = true;
  }
}

/** All of a release must run and be checked, except what is tolerated. What is drained must get no requests. */
function finalCheck(world: World, action: ActionOf<'final-check'>, releases: Releases): void {
  const { release, services, tolerate, drain: old } = action;
  if (old !== undefined) drain(world, { kind: 'drain-traffic', ...old });
  for (const service of services) {
    const expected = releases.get(release)?.services[service]?.replicas ?? 1;
    const running = replicasOf(world, release, service).filter((each) => each.running && each.checked);
    if (running.length + (tolerate?.[service] ?? 0) < expected)
      throw new Error(`${release}/${service} has its final check, but ${running.length} of ${expected} run`);
  }
}

/** Writes the lists of a slot: the running replicas of each routed service. */
function writeList(
  world: World,
  slot: Slot,
  id: ReleaseId,
  releases: Releases,
  which: (rank: number, service: ServiceName) => boolean,
  others: readonly Replica[] = [],
  share = 0,
): void {
  if (world.edge.state !== 'running') throw new Error('switched without an edge');
  const addresses = new Map<ServiceName, readonly Replica[]>();
  for (const { service } of releases.get(id)?.routes ?? []) {
    const own = replicasOf(world, id, service).filter((each, rank) => which(rank, service) && each.running);
    const all = [...own, ...others.filter((each) => each.service === service && each.running)];
    if (all.length === 0) throw new Error(`${id} gets requests, but no replica of its ${service} runs`);
    addresses.set(service, all);
  }
  world.lists.set(slot, { release: id, addresses, share });
}

function balance(world: World, action: ActionOf<'balance-replicas'>, releases: Releases): void {
  const { removedReplicas, newRelease } = action;
  const others =
    newRelease === undefined
      ? []
      : replicasIn(world, { ...newRelease, services: Object.keys(newRelease.only) });
  const stays = (rank: number, service: ServiceName): boolean => rank >= (removedReplicas[service] ?? 0);
  writeList(world, action.slot, action.release, releases, stays, others, action.share);
  world.split = { to: action.slot };
}

/** Draining never ends while new requests arrive. */
function drain(world: World, action: ActionOf<'drain-traffic'>): void {
  const services = [...(world.containers.get(action.release)?.keys() ?? [])];
  const drained = new Set(replicasIn(world, { ...action, services }));
  for (const { addresses } of activeLists(world)) {
    const routed = [...addresses.values()].flat().find((each) => drained.has(each));
    if (routed !== undefined) throw new Error(`${name(routed)} is drained, but still gets requests`);
  }
}
