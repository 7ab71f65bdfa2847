import type { Role } from '../../model/release.ts';
import type { UpdateConfig } from '../../model/strategy.ts';
import { edgeLeadsOn } from '../edge.ts';
import { inRole, replicasThere } from '../situation.ts';
import { because } from '../steps.ts';
import type { HostTask, StrategyPlanner } from '../task.ts';
import { hasWaysIn, leadToTheSame } from '../ways-in.ts';
import { blueGreen } from './blue-green.ts';
import { moveOver, oldIsWhole, trafficBack } from './common.ts';
import { beatsOf, type Rolling } from './roll.ts';

/**
 * Replica by replica, so many at a time as `deploy.update_config` says: new ones start and get their part of the requests,
 * old ones for which they stand in are drained and stop; or the other way round. At the end one switch gives all traffic to
 * the new release. The last old ones stay warm until it is accepted, where there may be as many.
 */
export const rolling: StrategyPlanner = (task) => {
  const roll = rollOf(task, 'served', 'internal');
  if (roll === undefined || roll.services.length === 0) return blueGreen(task);
  if (!oldIsWhole(task)) {
    const stages = blueGreen(task);
    return {
      ...stages,
      start: because('all replicas at once: the old release is not whole', 'start', stages.start),
    };
  }
  const beats = beatsOf(roll);
  const [first] = beats;
  // What serves is not touched before the switch.
  const early = first !== undefined && first.start.length > 0;
  const back = roll.routed.length === 0 ? trafficBack(task) : (beats.at(-1)?.back ?? []);
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: beats.flatMap((beat, index) => [
      ...(early && index === 0 ? [] : [...beat.start, ...beat.check]),
      ...beat.monitor,
      ...(index === beats.length - 1 ? moveOver(task, back) : [...beat.lead, ...beat.stop, ...beat.delay]),
    ]),
  };
};

/** What of a release is replaced a few at a time; `undefined` when there is nothing to be replaced. */
export function rollOf(task: HostTask, ...roles: readonly Role[]): Rolling | undefined {
  const { wanted, previous } = task;
  const record = previous?.observed?.record;
  const slot = previous?.slot;
  if (previous === undefined || record === undefined || slot === undefined) return undefined;
  const mixes = edgeLeadsOn(task) && task.traffic?.release === previous.id;
  const candidates = inRole(wanted.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], wanted.release.services[name]];
    const asked = hasWaysIn(wanted.release, name);
    const old = replicasThere(previous.observed, name);
    const rolls =
      before !== undefined &&
      after !== undefined &&
      roles.includes(before.role) &&
      old > 0 &&
      !before.oneShot &&
      !after.oneShot &&
      leadToTheSame(record, wanted.release, name) &&
      (mixes || !asked);
    return rolls ? [{ name, old, replicas: after.replicas, update: after.update ?? ONE }] : [];
  });
  const names = services.map(({ name }) => name);
  return {
    task,
    old: { release: previous.id, slot },
    services,
    whole: candidates.filter((name) => !names.includes(name)),
    routed: names.filter((name) => hasWaysIn(wanted.release, name)),
  };
}

/** Where a service says nothing: one at a time, as Swarm does, but never fewer than before. */
const ONE: UpdateConfig = {
  parallelism: 1,
  order: 'start-first',
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: 'turn-back',
};
