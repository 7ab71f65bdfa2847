import type { ContainerDetails, Engine, EngineEvent } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithout } from '../model/errors.ts';
import type { Part } from '../plan/steps.ts';
import { checksItself, judge, SETTLE_TIME, stateOf } from './judge.ts';
import { type Expectation, fateOf, note, type Watched, watched, withFate } from './watched.ts';
import type { Work } from './work.ts';

/** Milliseconds that a question has, once the time is over, to say what it was answered last: better than a bare timeout. */
const LAST_WORD = 3_000;

/**
 * Milliseconds in which a container may crash as often as it likes, or a quarter of the time that there is. An app that
 * starts beside a new database has often settled by then.
 */
const MAY_CRASH = 10_000;

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
  work: Pick<Work, 'engine' | 'signal'>,
  expectations: readonly Expectation[],
  timeout: number,
  tolerate: Part = {},
): Promise<{ readonly well: readonly ContainerDetails[]; readonly failed: readonly string[] }> {
  const { engine } = work;
  const all: readonly Watched[] = expectations.map(watched);
  const end = new AbortController();
  const over = new AbortController();
  const patience = new AbortController();
  const signal = AbortSignal.any([end.signal, work.signal, engine.lost]);
  const timers = [
    setTimeout(() => over.abort(), timeout),
    setTimeout(() => patience.abort(), timeout + LAST_WORD),
  ];
  for (const each of [signal, over.signal]) each.addEventListener('abort', () => ringAll(all));
  const pending: Promise<void>[] = [];
  // The first that fails ends everything else, with its own error as the reason; unless it can be done without.
  const begin = (what: Promise<void>, of?: Watched): Promise<void> => {
    const settled = what.catch((error: unknown) => {
      if (of === undefined || signal.aborted || !canDoWithout(of, all, tolerate)) return end.abort(error);
      of.failed = messageWithout(engine.host, error);
      of.bell.ring();
    });
    pending.push(settled);
    return settled;
  };
  try {
    signal.throwIfAborted();
    const began = performance.now();
    const mayCrashFor = (): number => began + Math.min(MAY_CRASH, timeout / 4) - performance.now();
    const asked = all.map((each) => begin(ask(each, engine, signal, patience.signal), each));
    void begin(ringAt(await engine.events(filtersFor(expectations), signal), all));
    await Promise.all(all.map((each) => begin(watch(each, engine, mayCrashFor, signal, over.signal), each)));
    const unfit = all.filter(({ fit, failed }) => fit === undefined && failed === undefined);
    if (unfit.length > 0) {
      await Promise.all(asked);
      signal.throwIfAborted();
      for (const each of unfit) {
        if (each.failed !== undefined) continue;
        if (!canDoWithout(each, all, tolerate)) throw await timedOut(unfit, engine, timeout);
        each.failed = `${each.service} was not healthy within ${formatDuration(timeout)}`;
      }
    }
    return {
      well: all
        .map(({ fit, failed }) => (failed === undefined ? fit : undefined))
        .filter((fit) => fit !== undefined),
      failed: all.map(({ failed }) => failed).filter((failed) => failed !== undefined),
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    end.abort();
    await Promise.all(pending);
  }
}

/** Whether one more container of a service may fail; one that has failed already is counted once. */
function canDoWithout(one: Watched, watched: readonly Watched[], tolerate: Part): boolean {
  if (one.failed !== undefined) return true;
  const failed = watched.filter((each) => each.service === one.service && each.failed !== undefined);
  return failed.length < (tolerate[one.service] ?? 0);
}

const filtersFor = (expectations: readonly Expectation[]): Readonly<Record<string, readonly string[]>> => ({
  type: ['container'],
  container: expectations.map(({ container }) => container.id),
  event: ['start', 'die', 'oom', 'health_status'],
});

const ringAll = (watched: readonly Watched[]): void => {
  for (const { bell } of watched) bell.ring();
};

/** Rings at each event, until the wait is over. */
async function ringAt(events: AsyncIterable<EngineEvent>, watched: readonly Watched[]): Promise<void> {
  for await (const event of events) {
    const each = watched.find(({ container }) => container.id === event.id);
    if (each === undefined) continue;
    note(each, event);
    each.bell.ring();
  }
}

async function ask(each: Watched, engine: Engine, signal: AbortSignal, patience: AbortSignal): Promise<void> {
  if (each.ask === undefined) return;
  try {
    await each.ask(AbortSignal.any([signal, patience]));
    each.answered = true;
    each.bell.ring();
  } catch (error) {
    if (patience.aborted) return;
    throw signal.aborted ? error : await withFate(each, engine, error);
  }
}

/** Looks at a container whenever its bell has rung, until it is as expected or the time is over. */
async function watch(
  each: Watched,
  engine: Engine,
  mayCrashFor: () => number,
  signal: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  let start: { readonly at: string; readonly seen: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (each.failed !== undefined) return;
    const details = await engine.inspectContainer(each.container.id);
    // Counted by this machine's clock: the host's may be wrong.
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const proven = each.ask !== undefined && each.answered && !each.mustSettle;
    const settled = proven ? SETTLE_TIME : performance.now() - start.seen;
    const verdict = judge(details, each.oneShot, settled, fateOf(each, details, mayCrashFor()));
    if (verdict.kind === 'bad') {
      throw new HostError(engine.host, `${each.service} did not become healthy: ${verdict.why}`);
    }
    each.fit = verdict.kind === 'good' && (each.answered || checksItself(details)) ? details : undefined;
    if (each.fit !== undefined || over.aborted) return;
    await each.bell.rung(verdict.kind === 'wait' ? verdict.recheckIn : undefined);
  }
}

async function timedOut(unfit: readonly Watched[], engine: Engine, timeout: number): Promise<HostError> {
  const states = await Promise.all(
    unfit.map(async (each) => {
      const details = await engine.inspectContainer(each.container.id);
      return `${each.service}: ${stateOf(details, fateOf(each, details, 0))}`;
    }),
  );
  return new HostError(
    engine.host,
    `not healthy within ${formatDuration(timeout)} (${[...new Set(states)].join('; ')}). Give it longer with "health-timeout", or mend what its logs show.`,
  );
}
