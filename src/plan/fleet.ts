import type { Waves } from '../model/deploy-options.ts';
import type { ObservedHost } from '../model/host.ts';
import type { HostName } from '../model/identifiers.ts';
import { usesCompose } from './actions.ts';
import type { DesiredState } from './desired-state.ts';
import { planHost } from './host.ts';
import { type Plan, STAGES, type StageName, type Step } from './plan.ts';
import { reconcileFleet } from './reconcile-fleet.ts';

/** The plan of a fleet: a plan for each host, and the waves in which they run. Pure. */
export function planFleet(
  hosts: readonly ObservedHost[],
  desired: DesiredState,
  waves: Waves = { kind: 'all' },
): Plan {
  const names = hosts.map(({ host }) => host);
  return {
    release: desired.release.id,
    hosts: planHosts(hosts, desired),
    waves: wavesOf(names, waves),
  };
}

/**
 * Hooks run once for a fleet: on the first host that has anything to do, and only if no host has accepted the release yet. A
 * repair or a host that is added later does not run them again.
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

/**
 * The hosts of each wave, in order. With a limit the first host goes alone, as a pilot; the others follow in waves of that
 * size, at least one host each. Pure.
 */
export function wavesOf(hosts: readonly HostName[], waves: Waves): readonly (readonly HostName[])[] {
  if (waves.kind === 'all') return [hosts];
  const size =
    waves.kind === 'hosts' ? waves.atMost : Math.max(1, Math.floor((hosts.length * waves.percent) / 100));
  const [pilot, ...rest] = hosts;
  if (pilot === undefined) return [];
  const chunks = Array.from({ length: Math.ceil(rest.length / size) }, (_, at) =>
    rest.slice(at * size, (at + 1) * size),
  );
  return [[pilot], ...chunks];
}

/** Whether every host already serves exactly the desired state. */
export function isEmptyPlan(plan: Plan): boolean {
  return stagesOf(plan).length === 0;
}

/** The stages that have a step on some host, in order. */
export function stagesOf(plan: Plan): readonly StageName[] {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}

/** Whether the runner needs `docker compose` for a plan, or to undo it. A plan that starts existing containers does without. */
export function planUsesCompose(plan: Plan): boolean {
  return allStepsOf(plan).some(({ action, undo }) => [action, ...undo].some(usesCompose));
}

/** Whether a step compares what the new release answers with what the old one answered. */
export const comparesResponses = (plan: Plan): boolean =>
  allStepsOf(plan).some(({ action }) => action.kind === 'watch-release' && action.limits !== undefined);

const allStepsOf = (plan: Plan): readonly Step[] =>
  [...plan.hosts.values()].flatMap((host) => Object.values(host).flat());
