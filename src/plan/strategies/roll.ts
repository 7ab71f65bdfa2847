import { isDeepStrictEqual } from 'node:util';
import type { ServiceName } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import { type Routing, wayBack } from '../routing.ts';
import { allThere, hasContainer } from '../situation.ts';
import { type Action, type Part, type Placed, type Replicas, type Step, step } from '../steps.ts';
import type { HostTask } from '../task.ts';
import { toleranceOf } from '../tolerance.ts';
import { type Moment, moments, type Rolled } from './moments.ts';

/** What is replaced a few at a time. */
export interface Rolling {
  readonly task: HostTask;
  readonly old: Placed;
  readonly services: readonly (Rolled & { readonly update: UpdateConfig })[];
  /** Services that come up in full with the first batch. */
  readonly whole: readonly ServiceName[];
  /** Of `services`, those that get requests from the edge. */
  readonly routed: readonly ServiceName[];
}

/** What leads from one moment to the next, in order. */
export interface Beat {
  /** New ones come up. */
  readonly start: readonly Step[];
  readonly check: readonly Step[];
  /** They run for a time before they count as good. */
  readonly monitor: readonly Step[];
  /** Requests move; of the last beat that is left to others, and what takes it back is `back`. */
  readonly lead: readonly Step[];
  readonly back: readonly Action[];
  /** Old ones, for which the new ones stand in or are to have room, stop. */
  readonly stop: readonly Step[];
  readonly delay: readonly Step[];
}

/** All that happens between two neighbouring moments follows from these two, and what takes it back as well. */
export function beatsOf(rolling: Rolling): readonly Beat[] {
  const all = momentsOf(rolling);
  return all.slice(1).map((after, index) => {
    const before = all[index] ?? after;
    const [from, to] = [routingAt(rolling, before), routingAt(rolling, after)];
    const back = wayBack(to, runsNoOld(rolling, before) ? from : { kind: 'switch', ...rolling.old });
    const moves = rolling.routed.length > 0 && !isDeepStrictEqual(from, to);
    return {
      ...startAndCheck(rolling, before, after),
      monitor: watch(rolling, before, after, 'monitor'),
      lead: moves ? [step(to, ...back)] : [],
      back,
      stop: stopOld(rolling, before.stopped, after.stopped),
      delay: watch(rolling, before, after, 'delay'),
    };
  });
}

/** What is not replaced a few at a time is all there as soon as requests move. */
function momentsOf({ task, services, whole }: Rolling): readonly Moment[] {
  const all = Object.fromEntries(
    whole.map((name) => [name, task.wanted.release.services[name]?.replicas ?? 1]),
  );
  return moments(services).map((each) => (each.share > 0 ? { ...each, up: { ...each.up, ...all } } : each));
}

const grown = (from: Part, to: Part): readonly ServiceName[] =>
  Object.keys(to).filter((name) => (to[name] ?? 0) > (from[name] ?? 0));

const pick = (part: Part, names: readonly ServiceName[]): Part =>
  Object.fromEntries(Object.entries(part).filter(([name]) => names.includes(name)));

/** The replicas between two counts of the same services. */
function between(from: Part, to: Part, names: readonly ServiceName[]): Replicas {
  const after = Object.entries(pick(from, names)).filter(([, count]) => count > 0);
  return { only: pick(to, names), ...(after.length > 0 ? { after: Object.fromEntries(after) } : {}) };
}

/** Requests go to what stays of the old release and to what is up of the new one. */
function routingAt({ task, old, services, routed }: Rolling, { up, stopped, share }: Moment): Routing {
  if (share === 0 && !routed.some((name) => stopped[name])) return { kind: 'switch', ...old };
  const all = Object.fromEntries(services.map((service) => [service.name, service.old]));
  return {
    kind: 'mix',
    ...old,
    gone: pick(share === 1 ? all : stopped, routed),
    share,
    with:
      share === 0 ? undefined : { release: task.wanted.release.id, slot: task.slot, only: pick(up, routed) },
  };
}

/** Whether of some service that is asked no old one runs. Else all requests can go back to the old release at once. */
const runsNoOld = ({ services, routed }: Rolling, { stopped }: Moment): boolean =>
  services.some(({ name, old }) => routed.includes(name) && stopped[name] === old);

function startAndCheck(
  { task, services }: Rolling,
  { up: had }: Moment,
  { up }: Moment,
): Pick<Beat, 'start' | 'check'> {
  const { wanted, slot, how } = task;
  const release = wanted.release.id;
  const fresh = grown(had, up);
  const names = Object.keys(wanted.release.services).filter((name) => fresh.includes(name));
  if (names.length === 0) return { start: [], check: [] };
  const all = names.every((name) => up[name] === wanted.release.services[name]?.replicas);
  const only = all ? {} : { only: pick(up, names) };
  const undo: Action = {
    kind: 'stop',
    release,
    services: names,
    ...(all && names.every((name) => !had[name]) ? {} : between(had, up, names)),
    evidence: true,
  };
  return {
    start: [step({ kind: 'start', release, slot, services: names, how, ...only }, undo)],
    check: [step({ kind: 'check', release, services: names, ...only, ...tolerating(services, up, names) })],
  };
}

/** Of a batch that may fail in part one replica at least must be good. */
function tolerating(
  services: Rolling['services'],
  up: Part,
  names: readonly ServiceName[],
): { readonly tolerate?: Part } {
  const lenient = services.flatMap((service) => {
    const { name } = service;
    const most = toleranceOf(service, up[name] ?? 0);
    return names.includes(name) && most > 0 ? [[name, most] as const] : [];
  });
  return lenient.length > 0 ? { tolerate: Object.fromEntries(lenient) } : {};
}

function watch(
  { task, services }: Rolling,
  { up: had }: Moment,
  { up }: Moment,
  why: 'monitor' | 'delay',
): readonly Step[] {
  const mine = services.filter(({ name }) => grown(had, up).includes(name));
  const time = Math.max(0, ...mine.map(({ update }) => update[why]));
  if (time === 0) return [];
  const { wanted, slot } = task;
  const names = services.map(({ name }) => name).filter((name) => (up[name] ?? 0) > 0);
  return [
    step({
      kind: 'watch',
      why,
      release: wanted.release.id,
      slot,
      services: names,
      only: pick(up, names),
      ...tolerating(services, up, names),
      for: time,
      against: undefined,
      limits: undefined,
    }),
  ];
}

/** Replicas of the old release from one count to another stop, once nobody asks them; taken back, they stand again. */
function stopOld({ old, routed }: Rolling, from: Part, to: Part): readonly Step[] {
  const services = grown(from, to);
  if (services.length === 0) return [];
  const asked = services.filter((name) => routed.includes(name));
  const drains = asked.length > 0 ? [step({ kind: 'drain', ...old, ...between(from, to, asked) })] : [];
  return [...drains, stopSome(old, services, between(from, to, services))];
}

/** What is left of services of the old release stops. */
export function stopRest({ old, services, task }: Rolling, names: readonly ServiceName[]): readonly Step[] {
  const stopped = moments(services).at(-1)?.stopped ?? {};
  const through = services.filter((service) => stopped[service.name] === service.old).map(({ name }) => name);
  // A worker that the interrupted run did not get to has no container that could stop, or start again.
  const left = names.filter((name) => !through.includes(name) && hasContainer(task.previous?.observed, name));
  const after = Object.entries(pick(stopped, left)).filter(([, count]) => count > 0);
  const which = after.length > 0 ? { after: Object.fromEntries(after) } : {};
  return left.length === 0
    ? []
    : [stopSome(old, left, which, { ...allThere(task.previous?.observed, left), ...which })];
}

/** Some replicas of the old release stop; taken back, the same containers stand again: those of `which` that are `there`. */
function stopSome(
  { release, slot }: Placed,
  services: readonly ServiceName[],
  which: Replicas,
  there = which,
): Step {
  return step(
    { kind: 'stop', release, services, ...which, evidence: false },
    { kind: 'start', release, slot, services, how: 'start', ...which },
    { kind: 'check', release, services, ...there },
  );
}
