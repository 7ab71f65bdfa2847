import type { ObservedHost } from '../model/host.ts';
import type { Waves } from '../model/request.ts';
import type { DesiredState } from './desired-state.ts';
import { planHost } from './host.ts';
import { reconcileFleet } from './reconcile-fleet.ts';
import { type Plan, STAGES, type StageName } from './steps.ts';
import { wavesOf } from './waves.ts';

/** The plan of a fleet: each host's own, joined by the stages that they pass side by side. Pure. */
export function planFleet(
  hosts: readonly ObservedHost[],
  desired: DesiredState,
  waves: Waves = { kind: 'all' },
): Plan {
  return {
    waves: wavesOf(
      hosts.map(({ host }) => host),
      waves,
    ),
    release: desired.release.id,
    hosts: planHosts(hosts, desired),
  };
}

/**
 * Commands are run once for a fleet: on the first host that has anything to do, and only while the release is new to all. A
 * host that is mended, or was added later, is no reason to run them again.
 */
function planHosts(hosts: readonly ObservedHost[], desired: DesiredState): Plan['hosts'] {
  const reconciledHosts = reconcileFleet(hosts);
  const known = reconciledHosts.some(({ host }) => host.accepted === desired.release.id);
  let hooks = known ? NO_HOOKS : desired.hooks;
  return new Map(
    reconciledHosts.map((reconciled) => {
      const plan = planHost(reconciled.host, { ...desired, hooks }, reconciled);
      if (Object.keys(plan).length > 0) hooks = NO_HOOKS;
      return [reconciled.host.host, plan];
    }),
  );
}

const NO_HOOKS: DesiredState['hooks'] = { before: [], after: [] };

/** Whether every host already serves exactly what is wanted. */
export function isEmptyPlan(plan: Plan): boolean {
  return [...plan.hosts.values()].every((host) => Object.keys(host).length === 0);
}

/** The stages that have a step on some host, in order. */
export function stagesOf(plan: Plan): readonly StageName[] {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}
