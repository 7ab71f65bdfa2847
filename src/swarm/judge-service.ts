import type { WorkloadCounts, WorkloadVerdict } from '../cluster/converge.ts';
import type { SwarmService, SwarmTask } from '../engine/swarm-engine.ts';
import { taskHasEnded } from '../engine/swarm-responses.ts';
import { LABEL } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';

/** What a service should be. */
export interface WantedService {
  /** `undefined`: it was made by hand, and only its image is known. */
  readonly release: ReleaseId | undefined;
  /** The label of its containers. */
  readonly definition: string | undefined;
  readonly image: string;
}

/** Of a service that should run on each node. */
const NOWHERE = 'the swarm has made no task for it: no node fits its placement, or the manager is slow';

/** Names of nodes by id. */
export type NodeNames = ReadonlyMap<string, string>;

/**
 * Judges a service from its tasks. A swarm's own words can't be trusted for that: see docs/swarm.md, "How success is judged". Pure.
 * @param wanted what it should be; `undefined`: what it says that it is
 * @param known ids of tasks that were there before the deploy: their failures prove nothing
 */
export function judgeService(
  service: SwarmService,
  tasks: readonly SwarmTask[],
  nodes: NodeNames,
  wanted: WantedService | undefined,
  known: ReadonlySet<string> = new Set(),
): WorkloadVerdict {
  const own = tasks.filter(({ serviceId }) => serviceId === service.id);
  const definition = wanted === undefined ? service.containerLabels[LABEL.definition] : wanted.definition;
  const isCurrent = (task: SwarmTask): boolean =>
    task.labels[LABEL.definition] === definition &&
    (definition !== undefined || wanted === undefined || task.image === wanted.image) &&
    task.jobIteration === service.jobIteration;
  const current = own.filter(isCurrent);
  const failed = current.filter((task) => hasFailedTask(service, task) && !known.has(task.id));
  const counts = countTasks(service, own, current);
  const problem = problemOf(current, failed, nodes);
  const refusal = wanted === undefined ? undefined : whyNotWanted(service, wanted);
  const given = refusal ?? whyGivenUp(service);
  if (given !== undefined) {
    const why = problem === undefined ? given : `${given}; ${problem}`;
    return { kind: 'failed', counts, why };
  }
  const isJob = service.mode.endsWith('job');
  const old = own.filter(
    (task) => !isCurrent(task) && task.desiredState === 'running' && !taskHasEnded(task.state),
  );
  const isNowhere = service.mode.startsWith('global') && counts.wanted === 0;
  const isWhole =
    !isNowhere &&
    counts.ready === counts.wanted &&
    (isJob || (old.length === 0 && service.update.state !== 'updating'));
  if (!isWhole) {
    const pulling = current.some(({ state }) => state === 'preparing');
    return {
      kind: 'pending',
      counts,
      problem: problem ?? (isNowhere ? NOWHERE : undefined),
      failures: failed.length,
      pulling,
    };
  }
  const ready = current.filter((task) => isReadyTask(service, task)).map(({ id }) => id);
  return {
    kind: 'whole',
    counts,
    parts: ready.sort(),
    failures: failed.length,
    isProven: isJob || service.update.state === 'completed' || ready.every((id) => known.has(id)),
  };
}

/** The swarm rolled it back, or somebody changed it: then it has the labels of another release. */
function whyNotWanted(service: SwarmService, { release, image }: WantedService): string | undefined {
  const { [LABEL.release]: found = 'something else' } = service.labels;
  const { state = '', message } = service.update;
  if ((release === undefined || found === release) && service.image === image) return undefined;
  if (state.startsWith('rollback')) return `the swarm rolled it back by itself (${message})`;
  if (release === undefined)
    return `its image is ${service.image} again: the swarm rolled it back by itself, or somebody has changed it`;
  return `it has the definition of ${found} again: the swarm rolled it back by itself, or another run has changed it`;
}

function whyGivenUp({ update }: SwarmService): string | undefined {
  const { state, message } = update;
  if (state === 'paused') return `the swarm gave its update up (${message})`;
  return state?.startsWith('rollback') === true
    ? `the swarm rolled it back by itself (${message})`
    : undefined;
}

function countTasks(
  service: SwarmService,
  own: readonly SwarmTask[],
  current: readonly SwarmTask[],
): WorkloadCounts {
  const ready = current.filter((task) => isReadyTask(service, task));
  if (service.mode === 'replicated' || service.mode === 'replicated-job')
    return { wanted: service.replicas, ready: ready.length };
  // One for each node that the swarm has chosen.
  const isMeant = ({ desiredState }: SwarmTask): boolean =>
    service.mode === 'global-job'
      ? desiredState === 'complete'
      : desiredState === 'running' || desiredState === 'ready';
  const meant = service.mode === 'global-job' ? current.filter(isMeant) : own.filter(isMeant);
  return { wanted: new Set(meant.map(({ nodeId }) => nodeId)).size, ready: ready.length };
}

/** Runs, which with a HEALTHCHECK means that it is healthy; or has ended well, where that is what it is for. */
function isReadyTask({ mode, restartsWhenDone }: SwarmService, { state, desiredState }: SwarmTask): boolean {
  if (mode.endsWith('job')) return state === 'complete';
  if (state === 'complete' && !restartsWhenDone) return true;
  return state === 'running' && desiredState === 'running';
}

function hasFailedTask(service: SwarmService, task: SwarmTask): boolean {
  if (task.state === 'failed' || task.state === 'rejected' || task.state === 'orphaned') return true;
  return task.state === 'complete' && !isReadyTask(service, task);
}

/** Why the newest of the tasks that are not ready is not: its own error, or the words of the scheduler. */
function problemOf(
  current: readonly SwarmTask[],
  failed: readonly SwarmTask[],
  nodes: NodeNames,
): string | undefined {
  const waiting = current.filter(({ state }) => !taskHasEnded(state) && state !== 'running');
  const refused = waiting.filter(({ error }) => error !== '');
  const [newest] = [...failed, ...refused].toSorted((one, other) =>
    other.createdAt.localeCompare(one.createdAt),
  );
  if (newest !== undefined) return taskProblem(newest, nodes);
  const unhealthy = waiting.find(({ state }) => state === 'starting');
  return unhealthy === undefined
    ? undefined
    : `on ${nodes.get(unhealthy.nodeId) ?? 'its node'}: started, but its HEALTHCHECK has not succeeded yet`;
}

/** `on s2: task: non-zero exit (3)` */
export function taskProblem({ nodeId, error, exitCode, state }: SwarmTask, nodes: NodeNames): string {
  const node = nodes.get(nodeId);
  const ended =
    exitCode === undefined
      ? state
      : exitCode === 0
        ? 'it ended with exit code 0 (by itself, or because its HEALTHCHECK failed and the swarm stopped it)'
        : `it ended with exit code ${exitCode}`;
  return `${node === undefined ? '' : `on ${node}: `}${error === '' ? ended : error}`;
}
