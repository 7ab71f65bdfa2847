import type { ObservedHost } from '../model/host.ts';
import type { Waves } from '../model/request.ts';
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
    hosts: new Map(hosts.map((host) => [host.host, planHost(host, wanted)])),
  };
}

/** Whether every host already serves exactly what is wanted. */
export function isEmpty(plan: Plan): boolean {
  return [...plan.hosts.values()].every((host) => Object.keys(host).length === 0);
}

/** The stages that have a step on some host, in order. */
export function stagesOf(plan: Plan): readonly StageName[] {
  return STAGES.filter((stage) => [...plan.hosts.values()].some((host) => (host[stage]?.length ?? 0) > 0));
}
