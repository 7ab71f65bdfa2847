import type { ReleaseId, ServiceName, Slot } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import { hasContainer } from '../situation.ts';
import { type Action, type Part, type Placed, type Replicas, type Step, step } from '../steps.ts';
import type { HostTask } from '../task.ts';
import { toleranceOf } from '../tolerance.ts';
import { batches, type Rolled, type Wave } from './batches.ts';

/** What is replaced wave by wave. */
export interface Rolling {
  readonly task: HostTask;
  readonly old: Placed;
  readonly services: readonly (Rolled & { readonly update: UpdateConfig })[];
  /** Services that come up in full with the first wave. */
  readonly whole: readonly ServiceName[];
  /** Of `services`, those that get requests from the edge. */
  readonly routed: readonly ServiceName[];
}

/** The steps of a wave, in order. */
export interface WaveSteps {
  /** Old ones go, where there must not be more at a time. */
  readonly makeRoom: readonly Step[];
  readonly start: readonly Step[];
  readonly check: readonly Step[];
  /** The new ones run for a time before they count as good. */
  readonly monitor: readonly Step[];
  /** The new ones get requests, and old ones for which they stand in go. */
  readonly replace: readonly Step[];
  /** What takes the traffic back when all of it goes to the new release instead of `replace`. */
  readonly back: readonly Action[];
  readonly delay: readonly Step[];
  /** Old ones that are stopped when it ends. */
  readonly stopped: Part;
}

export function wavesOf(rolling: Rolling): readonly WaveSteps[] {
  return batches(rolling.services).map((wave, index) => ({
    makeRoom: makeRoom(rolling, wave),
    ...startAndCheck(rolling, wave, index === 0 ? rolling.whole : []),
    monitor: watch(rolling, wave, 'monitor'),
    replace: replace(rolling, wave),
    back: backFrom(rolling, wave),
    delay: watch(rolling, wave, 'delay'),
    stopped: wave.stopped,
  }));
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

function makeRoom(rolling: Rolling, wave: Wave): readonly Step[] {
  const leaving = grown(wave.were, wave.first);
  const routed = leaving.some((name) => rolling.routed.includes(name));
  const state = { gone: { ...wave.were, ...pick(wave.first, leaving) }, up: wave.had };
  return [
    ...(routed ? [mix(rolling, state, backTo(rolling, wave.were, wave.had))] : []),
    ...stopOld(rolling, wave.were, wave.first),
  ];
}

function startAndCheck(
  { task, services, whole }: Rolling,
  { had, up }: Wave,
  also: readonly ServiceName[],
): Pick<WaveSteps, 'start' | 'check'> {
  const { wanted, slot, how } = task;
  const release = wanted.release.id;
  const count = (name: ServiceName): number => wanted.release.services[name]?.replicas ?? 1;
  const names = Object.keys(wanted.release.services).filter(
    (name) => also.includes(name) || grown(had, up).includes(name),
  );
  if (names.length === 0) return { start: [], check: [] };
  const target = { ...up, ...Object.fromEntries(whole.map((name) => [name, count(name)])) };
  const all = names.every((name) => target[name] === count(name));
  const only = all ? {} : { only: pick(target, names) };
  const undo: Action = {
    kind: 'stop',
    release,
    services: names,
    ...(all && names.every((name) => !had[name]) ? {} : between(had, target, names)),
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

function watch({ task, services }: Rolling, { had, up }: Wave, why: 'monitor' | 'delay'): readonly Step[] {
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

function replace(rolling: Rolling, wave: Wave): readonly Step[] {
  return [
    ...(rolling.routed.length > 0 ? [mix(rolling, wave, backFrom(rolling, wave))] : []),
    ...stopOld(rolling, wave.first, wave.stopped),
  ];
}

/** Requests go to what is not gone of the old release and to what is up of the new one. */
function mix(
  { task, old, routed }: Rolling,
  { gone, up }: Pick<Wave, 'gone' | 'up'>,
  undo: readonly Action[],
): Step {
  return step(mixed(task, old, pick(gone, routed), pick(up, routed)), ...undo);
}

function mixed({ wanted, slot }: HostTask, old: Placed, gone: Part, up: Part): Action {
  const some = Object.values(up).some((count) => count > 0);
  return {
    kind: 'mix',
    ...old,
    gone,
    with: some ? { release: wanted.release.id, slot, only: up } : undefined,
  };
}

/** What takes requests away from the new ones of a wave. */
function backFrom(rolling: Rolling, wave: Wave): readonly Action[] {
  const { task, old, routed, services } = rolling;
  const { wanted, slot } = task;
  const none = services.some(({ name, old: count }) => routed.includes(name) && wave.first[name] === count);
  if (!none) return backTo(rolling, wave.first, wave.up);
  // No old one runs: the new ones of former waves serve until some do again.
  const had = pick(wave.had, routed);
  return [
    mixed(task, old, pick(wave.first, routed), had),
    { kind: 'drain', release: wanted.release.id, slot, ...between(wave.had, wave.up, routed) },
  ];
}

/** All requests to what runs of the old release; a switch leads to nothing that is stopped. */
function backTo({ task, old, routed, services }: Rolling, stopped: Part, up: Part): readonly Action[] {
  const none = services.some(({ name, old: count }) => routed.includes(name) && stopped[name] === count);
  if (none) return [];
  const some = pick(up, routed);
  const drain: Action = { kind: 'drain', release: task.wanted.release.id, slot: task.slot, only: some };
  return [{ kind: 'switch', ...old }, ...(Object.values(some).some((count) => count > 0) ? [drain] : [])];
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
export function stopRest(
  { old, services, task }: Rolling,
  names: readonly ServiceName[],
  stopped: Part,
): readonly Step[] {
  const through = services.filter((service) => stopped[service.name] === service.old).map(({ name }) => name);
  // A worker that the interrupted run did not get to has no container that could stop, or start again.
  const left = names.filter((name) => !through.includes(name) && hasContainer(task.previous?.observed, name));
  const after = Object.entries(pick(stopped, left)).filter(([, count]) => count > 0);
  return left.length === 0
    ? []
    : [stopSome(old, left, after.length > 0 ? { after: Object.fromEntries(after) } : {})];
}

/** Some replicas of the old release stop; taken back, the same containers stand again. */
function stopSome(
  { release, slot }: { readonly release: ReleaseId; readonly slot: Slot },
  services: readonly ServiceName[],
  which: Replicas,
): Step {
  return step(
    { kind: 'stop', release, services, ...which, evidence: false },
    { kind: 'start', release, slot, services, how: 'start', ...which },
    { kind: 'check', release, services, ...which },
  );
}
