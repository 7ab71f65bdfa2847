import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { ReplicaCounts } from '../plan/replica-counts.ts';
import { assessContainer, crashText, SETTLE_TIME } from './container-health.ts';
import { ContainerWatcher, type ServiceContainer, WatchedContainer } from './container-watcher.ts';
import type { HostContext } from './host-context.ts';
import { healthTimeoutError, unhealthyText } from './not-healthy-yet.ts';
import { printedSentence } from './printed-output.ts';
import { asksTooRarely, type OwnCheck, runOwnChecks } from './slow-healthcheck.ts';

/** Milliseconds after the timeout in which a probe can still report its last answer, which says more than the timeout. */
const PROBE_GRACE = 6_000;

/**
 * Milliseconds, or a quarter of the timeout, in which a container may crash any number of times. By then, an app that
 * starts beside a new database has often settled.
 */
const CRASH_TOLERANCE = 10_000;

/** What is expected of one container. */
export interface HealthExpectation extends ServiceContainer {
  /**
   * Checks it from outside: resolves once it answers, rejects with why it does not. Must settle when the signal aborts.
   * `undefined`: there is nothing to check. It tells what it has seen so far: `answered 503`.
   */
  readonly probe: ((signal: AbortSignal, tell: (seen: string) => void) => Promise<void>) | undefined;
  /** Whether an answer proves too little (an open port), so that the container must also run for a while. */
  readonly mustSettle: boolean;
  /** Visitors wait for it, and all that it needs runs already: a crash loop ends the wait at once. */
  readonly isUrgent?: boolean;
}

export interface HealthResult {
  /** The containers as they were when they were found healthy. */
  readonly healthy: readonly ContainerDetails[];
  /** What was wrong with those that failed and are tolerated. */
  readonly tolerated: readonly string[];
}

class AwaitedContainer extends WatchedContainer<HealthExpectation> {
  answered: boolean = this.subject.probe === undefined;
  /** What its probe has seen last. */
  seen: string | undefined;
  healthyDetails: ContainerDetails | undefined;
  /** Where the engine asks its HEALTHCHECK too rarely. */
  readonly ownCheck: OwnCheck = {};
  /** Why it failed; then it is no longer waited for. */
  failure: string | undefined;
}

/** What all parts of one wait share. */
interface HealthWait {
  readonly engine: Engine;
  readonly watcher: ContainerWatcher;
  readonly containers: readonly AwaitedContainer[];
  readonly tolerate: ReplicaCounts;
  /** When crashes are no longer tolerated, by `performance.now()`. */
  readonly crashesUntil: number;
  readonly probeDeadline: AbortController;
  timeIsOver: boolean;
}

/**
 * Waits until every container is healthy: its HEALTHCHECK says so, and its probe is answered; with neither, it runs for
 * `SETTLE_TIME`. The engine's events wake it, so it neither polls nor misses an exit.
 *
 * @param timeout milliseconds
 * @param tolerate how many containers of a service may fail
 * @throws HostError naming the service and what was wrong, as soon as too many fail or the time is over; what a probe
 *   rejects with; the reason of the job's signal or of the lost connection
 */
export async function awaitHealthy(
  context: Pick<HostContext, 'engine' | 'signal' | 'waitStatus'>,
  expectations: readonly HealthExpectation[],
  timeout: number,
  tolerate: ReplicaCounts = {},
): Promise<HealthResult> {
  const { engine, waitStatus } = context;
  const containers = expectations.map((expectation) => new AwaitedContainer(expectation));
  const watcher = new ContainerWatcher(context, containers);
  const wait: HealthWait = {
    ...{ engine, watcher, containers, tolerate, probeDeadline: new AbortController(), timeIsOver: false },
    crashesUntil: performance.now() + Math.min(CRASH_TOLERANCE, timeout / 4),
  };
  waitStatus.limit = timeout;
  waitStatus.look = () => unhealthyText(engine, containers.filter(isAwaited));
  const endTime = (): void => {
    wait.timeIsOver = true;
    watcher.notifyAll();
  };
  const timers = [
    setTimeout(endTime, timeout),
    setTimeout(() => wait.probeDeadline.abort(), timeout + PROBE_GRACE),
  ];
  const probes = containers.map((each) => settle(wait, each, probeUntilAnswered(wait, each)));
  const checks = containers.map((each) => settle(wait, each, waitUntilHealthy(wait, each)));
  const ownChecks = containers.map((each) => runChecksIfNeeded(wait, each, timeout));
  try {
    await Promise.all(checks);
    const late = containers.filter(isAwaited);
    if (late.length > 0) {
      await Promise.all(probes);
      watcher.signal.throwIfAborted();
    }
    for (const each of late) {
      if (!mayFail(wait, each)) throw await healthTimeoutError(engine, late, timeout);
      each.failure ??= `${each.subject.service} was not healthy within ${formatDuration(timeout)}`;
    }
    const healthy = containers.filter(({ failure }) => failure === undefined);
    return {
      healthy: healthy.flatMap(({ healthyDetails }) => healthyDetails ?? []),
      tolerated: containers.flatMap(({ failure }) => failure ?? []),
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await watcher[Symbol.asyncDispose]();
    await Promise.all([...probes, ...checks, ...ownChecks]);
  }
}

async function runChecksIfNeeded(
  { engine, watcher }: HealthWait,
  each: AwaitedContainer,
  timeout: number,
): Promise<void> {
  const { container, ending } = each.subject;
  const { healthcheck } = container;
  if (ending === 'always' || healthcheck === undefined || !asksTooRarely(healthcheck, timeout)) return;
  await runOwnChecks(engine, container, each.ownCheck, watcher.signal, () => each.notify());
}

/** A container whose HEALTHCHECK succeeded when Sealift ran it, and that the engine has not asked yet. */
const withOwnCheck = (details: ContainerDetails, { ownCheck }: AwaitedContainer): ContainerDetails =>
  details.health?.status === 'starting' && ownCheck.passedIn === details.startedAt
    ? { ...details, health: { ...details.health, status: 'healthy' } }
    : details;

const isAwaited = ({ healthyDetails, failure }: AwaitedContainer): boolean =>
  healthyDetails === undefined && failure === undefined;

/** Never rejects. A failure that is not tolerated ends the whole wait, with its error as the reason. */
async function settle(wait: HealthWait, container: AwaitedContainer, part: Promise<void>): Promise<void> {
  try {
    await part;
  } catch (error) {
    if (wait.watcher.signal.aborted || !mayFail(wait, container)) return wait.watcher.abort(error);
    container.failure = messageWithoutHost(wait.engine.host, error);
    container.notify();
  }
}

/** Whether a container may fail. One that has failed already counts once. */
function mayFail({ containers, tolerate }: HealthWait, { failure, subject }: AwaitedContainer): boolean {
  const failed = containers.filter((each) => each.failure !== undefined);
  const count = failed.filter((each) => each.subject.service === subject.service).length;
  return failure !== undefined || count < (tolerate[subject.service] ?? 0);
}

async function probeUntilAnswered(wait: HealthWait, container: AwaitedContainer): Promise<void> {
  const { probe } = container.subject;
  if (probe === undefined) return;
  const { signal } = wait.watcher;
  const deadline = wait.probeDeadline.signal;
  try {
    await probe(AbortSignal.any([signal, deadline]), (seen) => {
      container.seen = seen;
    });
    container.answered = true;
    container.notify();
  } catch (error) {
    if (deadline.aborted) return;
    throw signal.aborted ? error : await probeError(wait.engine, container, error);
  }
}

/** Says first that the container crashes: that explains why it does not answer. */
async function probeError(engine: Engine, each: AwaitedContainer, error: unknown): Promise<unknown> {
  const { container, service } = each.subject;
  const details = await engine.inspectContainer(container.id).catch(() => container);
  const history = each.crashHistory(details);
  if (history.restarts === 0) return error;
  const crash = `${crashText(details, history)}.${await printedSentence(engine, details)}`;
  const text = `${service} did not become healthy in time: ${crash} ${messageWithoutHost(engine.host, error)}`;
  return new HostError(engine.host, text, { cause: error });
}

/**
 * Inspects a container at each notification, until it is healthy or the time is over. If there was no event since it was inspected, an
 * answer to its probe is enough: what answers runs.
 */
async function waitUntilHealthy(wait: HealthWait, each: AwaitedContainer): Promise<void> {
  const { engine, watcher } = wait;
  const { container, ending, probe, mustSettle, isUrgent = false } = each.subject;
  let start: { readonly at: string; readonly seen: number } | undefined;
  let details: ContainerDetails | undefined;
  await watcher.opened;
  for (;;) {
    watcher.signal.throwIfAborted();
    if (each.failure !== undefined) return;
    details ??= await engine.inspectContainer(container.id);
    // By the clock of this machine: the host's may be wrong.
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = probe !== undefined && each.answered && !mustSettle;
    const runningFor = proven ? SETTLE_TIME : performance.now() - start.seen;
    const history = each.crashHistory(details, isUrgent ? 0 : wait.crashesUntil - performance.now());
    const verdict = assessContainer(withOwnCheck(details, each), ending, runningFor, history);
    if (verdict.kind === 'failed') throw await failureError(engine, each.subject, details, verdict.why);
    const isHealthy = verdict.kind === 'ok' && each.answered;
    each.healthyDetails = isHealthy ? details : undefined;
    if (isHealthy || wait.timeIsOver) return;
    const { answered } = each;
    await each.wait(verdict.kind === 'pending' ? verdict.recheckIn : undefined);
    const changed = each.takeChange();
    if (changed || answered || !each.answered || wait.timeIsOver) details = undefined;
  }
}

async function failureError(
  engine: Engine,
  { service, ending }: HealthExpectation,
  details: ContainerDetails,
  why: string,
): Promise<HostError> {
  const printed = details.state === 'running' ? '' : await printedSentence(engine, details);
  const what = ending === 'always' ? 'did not complete' : 'did not become healthy';
  return new HostError(engine.host, `${service} ${what}: ${why}${printed === '' ? '' : `.${printed}`}`);
}
