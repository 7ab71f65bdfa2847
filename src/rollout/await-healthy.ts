import type { ContainerDetails, Engine, EngineEvent } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import type { ReplicaCounts } from '../plan/steps.ts';
import {
  type AwaitedContainer,
  crashHistoryOf,
  type HealthExpectation,
  newAwaitedContainer,
  recordExitEvent,
  withCrashHistory,
} from './awaited-container.ts';
import { containerStateText, hasHealthcheck, judgeContainer, SETTLE_TIME } from './container-verdict.ts';
import type { HostContext } from './host-context.ts';

/** Milliseconds that a question has, once the time is over, to say what it was answered last: better than a bare timeout. */
const PROBE_GRACE = 3_000;

/**
 * Milliseconds in which a container may crash as often as it likes, or a quarter of the time that there is. An app that
 * starts beside a new database has often settled by then.
 */
const CRASH_TOLERANCE = 10_000;

/**
 * Waits until every container is as expected: its HEALTHCHECK is healthy; without one it answers `ask`; with neither it
 * runs for `SETTLE_TIME`. Woken by the engine's events, so it neither polls nor misses a death.
 *
 * @param timeout milliseconds
 * @param tolerate how many containers of a service may fail all the same
 * @returns those that are as expected, as they were when that was seen; and what was seen of those that failed and are tolerated
 * @throws HostError naming the service and what was seen, as soon as one too many fails or the time is over; what `ask`
 *   rejects with; the reason of the work's signal or of the lost connection
 */
export async function awaitHealthy(
  context: Pick<HostContext, 'engine' | 'signal'>,
  expectations: readonly HealthExpectation[],
  timeout: number,
  tolerate: ReplicaCounts = {},
): Promise<{ readonly well: readonly ContainerDetails[]; readonly failed: readonly string[] }> {
  const { engine } = context;
  const all: readonly AwaitedContainer[] = expectations.map(newAwaitedContainer);
  const end = new AbortController();
  const deadline = new AbortController();
  const probeDeadline = new AbortController();
  const signal = AbortSignal.any([end.signal, context.signal, engine.disconnected]);
  const timers = [
    setTimeout(() => deadline.abort(), timeout),
    setTimeout(() => probeDeadline.abort(), timeout + PROBE_GRACE),
  ];
  for (const each of [signal, deadline.signal]) each.addEventListener('abort', () => notifyAll(all));
  const pending: Promise<void>[] = [];
  // The first that fails ends everything else, with its own error as the reason; unless it can be done without.
  const begin = (what: Promise<void>, awaited?: AwaitedContainer): Promise<void> => {
    const settled = what.catch((error: unknown) => {
      if (awaited === undefined || signal.aborted || !mayFail(awaited, all, tolerate))
        return end.abort(error);
      awaited.failed = messageWithoutHost(engine.host, error);
      awaited.notifier.notify();
    });
    pending.push(settled);
    return settled;
  };
  try {
    signal.throwIfAborted();
    const began = performance.now();
    const toleranceLeft = (): number => began + Math.min(CRASH_TOLERANCE, timeout / 4) - performance.now();
    const probes = all.map((each) =>
      begin(probeUntilAnswered(each, engine, signal, probeDeadline.signal), each),
    );
    void begin(notifyOnEvents(await engine.events(healthEventFilters(expectations), signal), all));
    await Promise.all(
      all.map((each) => begin(waitUntilHealthy(each, engine, toleranceLeft, signal, deadline.signal), each)),
    );
    const notHealthy = all.filter(
      ({ healthyDetails, failed }) => healthyDetails === undefined && failed === undefined,
    );
    if (notHealthy.length > 0) {
      await Promise.all(probes);
      signal.throwIfAborted();
      for (const each of notHealthy) {
        if (each.failed !== undefined) continue;
        if (!mayFail(each, all, tolerate)) throw await healthTimeoutError(notHealthy, engine, timeout);
        each.failed = `${each.service} was not healthy within ${formatDuration(timeout)}`;
      }
    }
    return {
      well: all
        .map(({ healthyDetails, failed }) => (failed === undefined ? healthyDetails : undefined))
        .filter((healthyDetails) => healthyDetails !== undefined),
      failed: all.map(({ failed }) => failed).filter((failed) => failed !== undefined),
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    end.abort();
    await Promise.all(pending);
  }
}

/** Whether one more container of a service may fail; one that has failed already is counted once. */
function mayFail(
  one: AwaitedContainer,
  awaitedContainers: readonly AwaitedContainer[],
  tolerate: ReplicaCounts,
): boolean {
  if (one.failed !== undefined) return true;
  const failed = awaitedContainers.filter(
    (each) => each.service === one.service && each.failed !== undefined,
  );
  return failed.length < (tolerate[one.service] ?? 0);
}

const healthEventFilters = (
  expectations: readonly HealthExpectation[],
): Readonly<Record<string, readonly string[]>> => ({
  type: ['container'],
  container: expectations.map(({ container }) => container.id),
  event: ['start', 'die', 'oom', 'health_status'],
});

const notifyAll = (awaitedContainers: readonly AwaitedContainer[]): void => {
  for (const { notifier } of awaitedContainers) notifier.notify();
};

/** Rings at each event, until the wait is over. */
async function notifyOnEvents(
  events: AsyncIterable<EngineEvent>,
  awaitedContainers: readonly AwaitedContainer[],
): Promise<void> {
  for await (const event of events) {
    const each = awaitedContainers.find(({ container }) => container.id === event.id);
    if (each === undefined) continue;
    recordExitEvent(each, event);
    each.notifier.notify();
  }
}

async function probeUntilAnswered(
  each: AwaitedContainer,
  engine: Engine,
  signal: AbortSignal,
  probeDeadline: AbortSignal,
): Promise<void> {
  if (each.probe === undefined) return;
  try {
    await each.probe(AbortSignal.any([signal, probeDeadline]));
    each.answered = true;
    each.notifier.notify();
  } catch (error) {
    if (probeDeadline.aborted) return;
    throw signal.aborted ? error : await withCrashHistory(each, engine, error);
  }
}

/** Looks at a container whenever its bell has rung, until it is as expected or the time is over. */
async function waitUntilHealthy(
  each: AwaitedContainer,
  engine: Engine,
  toleranceLeft: () => number,
  signal: AbortSignal,
  deadline: AbortSignal,
): Promise<void> {
  let start: { readonly at: string; readonly seen: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (each.failed !== undefined) return;
    const details = await engine.inspectContainer(each.container.id);
    // Counted by this machine's clock: the host's may be wrong.
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = each.probe !== undefined && each.answered && !each.mustSettle;
    const settled = proven ? SETTLE_TIME : performance.now() - start.seen;
    const verdict = judgeContainer(
      details,
      each.oneShot,
      settled,
      crashHistoryOf(each, details, toleranceLeft()),
    );
    if (verdict.kind === 'failed') {
      throw new HostError(engine.host, `${each.service} did not become healthy: ${verdict.why}`);
    }
    each.healthyDetails =
      verdict.kind === 'ok' && (each.answered || hasHealthcheck(details)) ? details : undefined;
    if (each.healthyDetails !== undefined || deadline.aborted) return;
    await each.notifier.wait(verdict.kind === 'pending' ? verdict.recheckIn : undefined);
  }
}

async function healthTimeoutError(
  notHealthy: readonly AwaitedContainer[],
  engine: Engine,
  timeout: number,
): Promise<HostError> {
  const states = await Promise.all(
    notHealthy.map(async (each) => {
      const details = await engine.inspectContainer(each.container.id);
      return `${each.service}: ${containerStateText(details, crashHistoryOf(each, details, 0))}`;
    }),
  );
  return new HostError(
    engine.host,
    `not healthy within ${formatDuration(timeout)} (${[...new Set(states)].join('; ')}). Give it longer with "health-timeout", or mend what its logs show.`,
  );
}
