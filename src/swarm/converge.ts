import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterWait } from '../cluster/cluster.ts';
import type { SwarmService } from '../engine/swarm-engine.ts';
import { formatDuration } from '../model/duration.ts';
import { SealiftError } from '../model/errors.ts';
import { judgeService, type NodeNames, type ServiceVerdict, type WantedService } from './judge-service.ts';
import type { SwarmState } from './swarm-state.ts';

/** Milliseconds between two looks. A swarm sends no events of tasks. */
const INTERVAL = 500;
/** Milliseconds in which new tasks must go on running, as long as `docker service` itself watches them. */
const WATCH_TIME = 5_000;
/** The same where no task is new, or the swarm has watched them already. */
const SHORT_WATCH_TIME = 1_000;
/** Milliseconds between two lines of the log in which nothing has changed. */
const REPEAT = 10_000;
/** Milliseconds, or a quarter of the limit, in which tasks may fail any number of times. */
const FAILURE_TOLERANCE = 10_000;
/** Milliseconds in which a pull counts as progress. */
const PULL_LIMIT = 600_000;
/** Failures of a service after which it is given up. */
const MAX_FAILURES = 3;

export interface Convergence {
  /** Name of the stack, which is the beginning of the names of its services. */
  readonly stack: string;
  /** By name of the service in the file. */
  readonly wanted: ReadonlyMap<string, WantedService>;
  /** Ids of tasks that were there before the deploy. */
  readonly known: ReadonlySet<string>;
  /** Milliseconds that a service may go without progress. */
  readonly timeout: number;
  /** Looks at the swarm. */
  readonly look: () => Promise<SwarmState>;
}

/** What is remembered of a service between two looks. */
interface Watch {
  ready: number;
  /** When it last got one more ready task; by `performance.now()`. */
  progressAt: number;
  /** Its tasks, as one text, and since when they are the same. */
  tasks: string;
  sameSince: number;
  /** When a node began to pull; `undefined`: none has yet. */
  pullingSince: number | undefined;
}

/**
 * Waits until every service runs as it should: as many tasks as wanted of the wanted definition, none of another, and all of
 * them for some seconds.
 * @returns `web 3 of 3, db 1 of 1`
 * @throws SealiftError that names each service that failed, or made no progress in time, and why
 */
export async function convergeServices(convergence: Convergence, wait: ClusterWait): Promise<string> {
  const { stack, wanted, look } = convergence;
  const startedAt = performance.now();
  const watches = new Map<string, Watch>();
  let told = { text: '', at: startedAt };
  for (;;) {
    wait.signal.throwIfAborted();
    const { services, tasks, nodes } = await look();
    const now = performance.now();
    const judged = [...wanted].map(([name, each]) => {
      const service = services.find((one) => one.name === `${stack}_${name}`);
      const verdict = verdictOf(service, each, tasks, nodes, convergence);
      const watch = watches.get(name) ?? newWatch(now);
      watches.set(name, watch);
      noteProgress(watch, verdict, now);
      return { name, service, verdict, watch };
    });
    const failures = judged.flatMap(({ name, service, verdict, watch }) => {
      const why = whyFailed(verdict, watch, service, convergence, now - startedAt, now);
      return why === undefined ? [] : [`${name} did not converge: ${why}`];
    });
    if (failures.length > 0) throw new SealiftError(failures.join(' · '));
    const text = judged.map(({ name, verdict }) => progressText(name, verdict)).join(', ');
    const isDone = judged.every(({ verdict, watch }) => hasSettled(verdict, watch, convergence, now));
    if (isDone) return text;
    if (text !== told.text || now - told.at >= REPEAT) {
      wait.onProgress(`${text}  after ${formatDuration(now - startedAt)}`);
      told = { text, at: now };
    }
    await pause(INTERVAL, undefined, { signal: wait.signal }).catch(() => wait.signal.throwIfAborted());
  }
}

function verdictOf(
  service: SwarmService | undefined,
  wanted: WantedService,
  tasks: SwarmState['tasks'],
  nodes: NodeNames,
  { known }: Convergence,
): ServiceVerdict {
  if (service !== undefined) return judgeService(service, tasks, nodes, wanted, known);
  const counts = { wanted: 0, ready: 0 };
  return { kind: 'failed', counts, why: 'the swarm does not have it any more: somebody removed it' };
}

const newWatch = (now: number): Watch => ({
  ...{ ready: -1, progressAt: now, tasks: '', sameSince: now },
  pullingSince: undefined,
});

function noteProgress(watch: Watch, verdict: ServiceVerdict, now: number): void {
  const tasks = verdict.kind === 'whole' ? verdict.tasks.join(' ') : '-';
  if (tasks !== watch.tasks) Object.assign(watch, { tasks, sameSince: now });
  const { ready } = verdict.counts;
  if (ready > watch.ready) Object.assign(watch, { ready, progressAt: now });
  if (verdict.kind !== 'pending' || !verdict.pulling) return;
  watch.pullingSince ??= now;
  if (now - watch.pullingSince < PULL_LIMIT) watch.progressAt = now;
}

function hasSettled(verdict: ServiceVerdict, watch: Watch, { known }: Convergence, now: number): boolean {
  if (verdict.kind !== 'whole') return false;
  const isProven = verdict.watched || verdict.tasks.every((id) => known.has(id));
  return now - watch.sameSince >= (isProven ? SHORT_WATCH_TIME : WATCH_TIME);
}

function whyFailed(
  verdict: ServiceVerdict,
  { progressAt }: Watch,
  service: SwarmService | undefined,
  { timeout }: Convergence,
  elapsed: number,
  now: number,
): string | undefined {
  if (verdict.kind === 'failed') return verdict.why;
  if (verdict.kind === 'whole') return undefined;
  const { counts, problem, failures } = verdict;
  const state = `${counts.ready} of ${counts.wanted} new tasks are ready${problem === undefined ? '' : `; ${problem}`}`;
  if (failures >= MAX_FAILURES && elapsed > Math.min(FAILURE_TOLERANCE, timeout / 4))
    return `its tasks failed ${failures} times, ${state}.${pullAdvice(problem)}`;
  // An update pauses between two batches, and watches each.
  if (now - progressAt <= timeout + (service?.updatePause ?? 0)) return undefined;
  return `no progress for ${formatDuration(timeout)}, ${state}. Increase "health-timeout", or fix the cause.${pullAdvice(problem)}`;
}

/** What to do where a node does not get an image. */
const pullAdvice = (problem = ''): string =>
  /no such image/i.test(problem)
    ? ' The node could not pull it: can it reach the registry, and may the login of "registry-username" read it?'
    : '';

function progressText(name: string, { kind, counts }: ServiceVerdict): string {
  return `${name} ${counts.ready} of ${counts.wanted}${kind === 'pending' && counts.ready === counts.wanted ? ', old ones still run' : ''}`;
}
