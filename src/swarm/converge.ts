import type { ClusterWait } from '../cluster/cluster.ts';
import { convergeWorkloads, type JudgedWorkload, type WorkloadVerdict } from '../cluster/converge.ts';
import type { SwarmService } from '../engine/swarm-engine.ts';
import { inputRef } from '../model/input-ref.ts';
import { judgeService, type WantedService } from './judge-service.ts';
import { strandedTasks } from './stranded-tasks.ts';
import type { SwarmState } from './swarm-state.ts';

/** Milliseconds between two looks. A swarm sends no events of tasks. */
const INTERVAL = 500;

export interface StackConvergence {
  /** What the names of the services in the swarm begin with, before those in the file. */
  readonly prefix: string;
  /** By name of the service in the file. */
  readonly wanted: ReadonlyMap<string, WantedService>;
  /** Ids of tasks that were there before the deploy. */
  readonly known: ReadonlySet<string>;
  /** Milliseconds that a service may go without progress. */
  readonly timeout: number;
  /** Looks at the swarm. */
  readonly look: () => Promise<SwarmState>;
  /** Makes the swarm begin the update of a service anew. */
  readonly resume: (service: SwarmService) => Promise<void>;
}

/**
 * Waits until every service of a stack runs as it should; see `convergeWorkloads`. Where an update waits for a task that was to start
 * on a node which is gone, it is begun anew: the swarm itself would wait for that node for a day.
 */
export function convergeServices(
  { prefix, wanted, known, timeout, look, resume }: StackConvergence,
  wait: ClusterWait,
): Promise<string> {
  const given = new Set<string>();
  const judgeAll = async (): Promise<readonly JudgedWorkload[]> => {
    const state = await look();
    for (const service of state.services) {
      const tasks = strandedTasks(service, state).filter((id) => !given.has(id));
      if (tasks.length === 0) continue;
      // What changes the service in the same moment is the swarm: the next look tries again.
      const resumed = await resume(service).then(
        () => true,
        () => false,
      );
      if (!resumed) continue;
      for (const id of tasks) given.add(id);
      const name = service.name.slice(prefix.length);
      wait.onProgress(`${name}: a node is gone on which a task was to start, so its update begins anew`);
    }
    return [...wanted].map(([name, each]) => judgeOne(`${prefix}${name}`, name, each, state, known));
  };
  return convergeWorkloads({ timeout, parts: 'tasks', interval: INTERVAL, look: judgeAll }, wait);
}

function judgeOne(
  fullName: string,
  name: string,
  wanted: WantedService,
  { services, tasks, nodes }: SwarmState,
  known: ReadonlySet<string>,
): JudgedWorkload {
  const service = services.find((one) => one.name === fullName);
  if (service === undefined) {
    const counts = { wanted: 0, ready: 0 };
    const why = 'the swarm does not have it any more: somebody removed it';
    return { name, verdict: { kind: 'failed', counts, why } };
  }
  const verdict = judgeService(service, tasks, nodes, wanted, known);
  return { name, verdict, pause: service.updatePause, advice: pullAdvice(verdict) };
}

/** What to do where a node does not get an image. */
const pullAdvice = (verdict: WorkloadVerdict): string =>
  verdict.kind === 'pending' && /no such image/i.test(verdict.problem ?? '')
    ? ` The node could not pull it: can it reach the registry, and may the login of "${inputRef('registry-username')}" read it?`
    : '';
