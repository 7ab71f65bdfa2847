import type { Role, UpdateConfig } from '../../model/release.ts';
import { routesMatchForService, serviceHasRoutes } from '../compare-routes.ts';
import { edgeKeepsRouting } from '../edge.ts';
import { existingReplicas, servicesInRole } from '../host-queries.ts';
import { withReason } from '../plan.ts';
import type { PlanningContext, StrategyPlanner } from '../planning-context.ts';
import { blueGreen } from './blue-green.ts';
import { isPreviousFullyRunning, replaceExclusiveAndSwitch, switchTrafficBack } from './common.ts';
import { batchesOf, type RollingUpdate } from './rolling-batches.ts';

/**
 * Replica by replica, so many at a time as `deploy.update_config` says: new ones start and get their part of the requests,
 * old ones for which they stand in are drained and stop; or the other way round. At the end one switch gives all traffic to
 * the new release. The last old ones stay warm until it is accepted, where there may be as many.
 */
export const rolling: StrategyPlanner = (context) => {
  const rollingUpdate = rollingUpdateOf(context, 'served', 'internal');
  if (rollingUpdate === undefined || rollingUpdate.services.length === 0) return blueGreen(context);
  if (!isPreviousFullyRunning(context)) {
    const stages = blueGreen(context);
    return {
      ...stages,
      start: withReason('all replicas at once: the old release is not whole', 'start-services', stages.start),
    };
  }
  const batches = batchesOf(rollingUpdate);
  const [first] = batches;
  // What serves is not touched before the switch.
  const early = first !== undefined && first.start.length > 0;
  const back =
    rollingUpdate.routed.length === 0 ? switchTrafficBack(context) : (batches.at(-1)?.restoreTraffic ?? []);
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: batches.flatMap((batch, index) => [
      ...(early && index === 0 ? [] : [...batch.start, ...batch.check]),
      ...batch.monitor,
      ...(index === batches.length - 1
        ? replaceExclusiveAndSwitch(context, back)
        : [...batch.moveTraffic, ...batch.stop, ...batch.delay]),
    ]),
  };
};

/** What of a release is replaced a few at a time; `undefined` when there is nothing to be replaced. */
export function rollingUpdateOf(
  context: PlanningContext,
  ...roles: readonly Role[]
): RollingUpdate | undefined {
  const { desired, previous } = context;
  const record = previous?.observed?.record;
  const slot = previous?.slot;
  if (previous === undefined || record === undefined || slot === undefined) return undefined;
  const canBalance = edgeKeepsRouting(context) && context.traffic?.release === previous.id;
  const candidates = servicesInRole(desired.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], desired.release.services[name]];
    const asked = serviceHasRoutes(desired.release, name);
    const oldReplicas = existingReplicas(previous.observed, name);
    const rolls =
      before !== undefined &&
      after !== undefined &&
      roles.includes(before.role) &&
      oldReplicas > 0 &&
      !before.oneShot &&
      !after.oneShot &&
      routesMatchForService(record, desired.release, name) &&
      (canBalance || !asked);
    return rolls
      ? [{ name, oldReplicas, newReplicas: after.replicas, update: after.update ?? DEFAULT_UPDATE_CONFIG }]
      : [];
  });
  const names = services.map(({ name }) => name);
  return {
    context,
    oldRelease: { release: previous.id, slot },
    services,
    startedInFull: candidates.filter((name) => !names.includes(name)),
    routed: names.filter((name) => serviceHasRoutes(desired.release, name)),
  };
}

/** Where a service says nothing: one at a time, as Swarm does, but never fewer than before. */
const DEFAULT_UPDATE_CONFIG: UpdateConfig = {
  parallelism: 1,
  order: 'start-first',
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: 'rollback',
};
