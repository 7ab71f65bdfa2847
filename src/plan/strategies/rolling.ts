import type { Role, UpdateConfig } from '../../model/release.ts';
import { routesMatchForService, serviceHasRoutes } from '../../model/route-matching.ts';
import { edgeKeepsRouting } from '../edge.ts';
import { existingReplicas, servicesInRole } from '../host-queries.ts';
import { withReason } from '../plan.ts';
import type { PlanningContext, StrategyPlanner } from '../planning-context.ts';
import { portsToNewEdge } from '../port-handover.ts';
import { blueGreen } from './blue-green.ts';
import { isPreviousFullyRunning, replaceExclusiveAndSwitch, switchTrafficBack } from './common.ts';
import { batchesOf, type RollingUpdate } from './rolling-batches.ts';

/**
 * Replaces replicas in batches, as `deploy.update_config` says: new replicas start and get their part of the requests, then
 * the old ones that they replace drain and stop; or the other way round. At the end one switch gives all traffic to the new
 * release. If the file allows that many replicas, the last old ones run until the release is accepted.
 */
export const rolling: StrategyPlanner = (context) => {
  const update = rollingUpdateOf(context, 'served', 'internal');
  const movesPorts = portsToNewEdge(context).length > 0;
  if (update === undefined || update.services.length === 0 || movesPorts) return blueGreen(context);
  if (!isPreviousFullyRunning(context)) {
    const stages = blueGreen(context);
    const reason = 'all replicas at once: not all services of the old release run';
    return { ...stages, start: withReason(reason, 'start-services', stages.start) };
  }
  const batches = batchesOf(update);
  const [first] = batches;
  // Nothing that serves is changed before the switch, so only a first batch that starts new replicas can come earlier.
  const early = first !== undefined && first.start.length > 0;
  const back = update.routed.length === 0 ? switchTrafficBack(context) : batches.at(-1)?.restoreTraffic;
  return {
    start: early ? first.start : [],
    check: early ? first.check : [],
    switch: batches.flatMap((batch, index) => [
      ...(early && index === 0 ? [] : [...batch.start, ...batch.check]),
      ...batch.monitor,
      ...(index === batches.length - 1
        ? replaceExclusiveAndSwitch(context, back ?? [])
        : [...batch.moveTraffic, ...batch.stop, ...batch.delay]),
    ]),
  };
};

/** The services of these roles that can be replaced in batches; `undefined` if there is no old release to replace. */
export function rollingUpdateOf(
  context: PlanningContext,
  ...roles: readonly Role[]
): RollingUpdate | undefined {
  const { desired, previous } = context;
  const { record, slot } = previous ?? {};
  if (previous === undefined || record === undefined || slot === undefined) return undefined;
  const canBalance = edgeKeepsRouting(context) && context.traffic?.release === previous.id;
  const candidates = servicesInRole(desired.release, ...roles);
  const services = candidates.flatMap((name) => {
    const [before, after] = [record.services[name], desired.release.services[name]];
    const oldReplicas = existingReplicas(previous.observed, name);
    const canRoll =
      before !== undefined &&
      after !== undefined &&
      roles.includes(before.role) &&
      oldReplicas > 0 &&
      !before.oneShot &&
      !after.oneShot &&
      routesMatchForService(record, desired.release, name) &&
      (canBalance || !serviceHasRoutes(desired.release, name));
    return canRoll
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

/** For a service without `update_config`: one at a time, which is Swarm's default, but never fewer replicas than before. */
const DEFAULT_UPDATE_CONFIG: UpdateConfig = {
  parallelism: 1,
  order: 'start-first',
  delay: 0,
  monitor: 0,
  maxFailureRatio: 0,
  failureAction: 'rollback',
};
