import type { ObservedHost } from '../model/host.ts';
import type { Waves } from '../model/request.ts';
import { groundsOf } from './ground.ts';
import { planHost } from './host.ts';
import { type Plan, STAGES, type StageName } from './steps.ts';
import type { Wanted } from './wanted.ts';
import { wavesOf } from './waves.ts';

/** The plan of a fleet: each host's own, joined by the stages that they pass side by side. Pure. */
export function planFleet(
  hosts: readonly ObservedHost[],
  wanted: Wanted,
  waves: Waves = { kind: 'all' },
): Plan {
  return {
    waves: wavesOf(
      hosts.map(({ host }) => host),
      waves,
    ),
    release: wanted.release.id,
    hosts: plansOf(hosts, wanted),
  };
}

/**
 * Commands are run once for a fleet: on the first host that has anything to do, and only while the release is new to all. A
 * host that is mended, or was added later, is no reason to run them again.
 */
function plansOf(hosts: readonly ObservedHost[], wanted: Wanted): Plan['hosts'] {
  const grounds = groundsOf(hosts);
  const known = grounds.some(({ host }) => host.accepted === wanted.release.id);
  let hooks = known ? NO_HOOKS : wanted.hooks;
  return new Map(
    grounds.map((ground) => {
      const plan = planHost(ground.host, { ...wanted, hooks }, ground);
      if (Object.keys(plan).length > 0) hooks = NO_HOOKS;
      return [ground.host.host, plan];
    }),
  );
}

const NO_HOOKS: Wanted['hooks'] = { before: [], after: [] };

/** Whether every host already serves exactly what is wanted. */
export function isEmpty(plan: Plan): boolean {
  return [...plan.hosts.values()].every((host) => Object.keys(host).length === 0);
}

/** The stages that have a step on some host, in order. */
export function stagesOf(plan: Plan): readonly StageName[] {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}
