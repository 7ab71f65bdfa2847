import type { Orchestrator } from '../model/request.ts';
import { hostsTarget } from './hosts-target.ts';
import type { Target } from './target.ts';

type Targets = { readonly [Kind in Orchestrator]: () => Promise<Target<Kind>> };

/** What few runs need is loaded where it is used: every run would pay for it. */
const TARGETS: Targets = {
  docker: () => Promise.resolve(hostsTarget),
  swarm: async () => (await import('./swarm-target.ts')).swarmTarget,
  kubernetes: async () => (await import('./kubernetes-target.ts')).kubernetesTarget,
};

/** The only place that chooses by what runs an app. */
export const targetOf = <Kind extends Orchestrator>(orchestrator: Kind): Promise<Target<Kind>> =>
  TARGETS[orchestrator]();
