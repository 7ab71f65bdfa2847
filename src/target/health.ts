import type { ContainerDetails, Engine, EngineEvent } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import { Bell } from './bell.ts';
import { checksItself, judge, SETTLE_TIME, stateOf } from './judge.ts';
import type { Work } from './work.ts';

export { judge, SETTLE_TIME };

/** What is expected of one container. */
export interface Expectation {
  readonly container: ContainerDetails;
  readonly service: string;
  readonly oneShot: boolean;
  /**
   * Asks it from outside; resolves once it answers, rejects with why it does not. Must settle when the signal aborts.
   * `undefined`: nothing to ask.
   */
  readonly ask: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/** A container that is waited for. Whatever may have changed how it is rings its bell; it is then looked at anew. */
interface Watched extends Expectation {
  readonly bell: Bell;
  answer: 'none asked' | 'awaited' | 'given';
  fit: boolean;
}

/** The reason of the wait's signal once its time is over; which words that deserves is found out afterwards. */
const TIME_IS_OVER = new Error('The time is over.');

/**
 * Waits until every container is as expected: its HEALTHCHECK is healthy; without one it answers `ask`; with neither it
 * runs for `SETTLE_TIME`. Woken by the engine's events, so it neither polls nor misses a death.
 *
 * @param timeout milliseconds
 * @throws HostError naming the service and what was seen, as soon as one fails or the time is over; whatever `ask` rejects
 *   with; the reason of the work's signal or of the lost connection
 */
export async function awaitHealthy(
  work: Pick<Work, 'engine' | 'signal'>,
  expectations: readonly Expectation[],
  timeout: number,
): Promise<void> {
  const { engine } = work;
  const watched = expectations.map(
    (each): Watched => ({
      ...each,
      bell: new Bell(),
      answer: each.ask === undefined ? 'none asked' : 'awaited',
      fit: false,
    }),
  );
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, work.signal, engine.lost]);
  const timer = setTimeout(() => end.abort(TIME_IS_OVER), timeout);
  signal.addEventListener('abort', () => ringAll(watched));
  // The first that fails ends the wait of all the others, with its own error as the reason.
  const endingAll = async (what: Promise<void>): Promise<void> => {
    try {
      await what;
    } catch (error) {
      end.abort(error);
      throw error;
    }
  };
  try {
    const events = await engine.events(filtersFor(expectations), signal);
    const listening = endingAll(ringAt(events, watched, engine, signal));
    const waits = watched.flatMap((each) => [endingAll(ask(each, signal)), endingAll(watch(each, engine, signal))]);
    const settled = await Promise.allSettled(waits);
    const failed = settled.some(({ status }) => status === 'rejected');
    end.abort();
    await Promise.allSettled([listening]);
    if (failed) throw await explain(settled, signal, watched, engine, timeout);
  } finally {
    clearTimeout(timer);
    end.abort();
  }
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
async function ringAt(
  events: AsyncIterable<EngineEvent>,
  watched: readonly Watched[],
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  for await (const event of events) watched.find(({ container }) => container.id === event.id)?.bell.ring();
  if (!signal.aborted) throw new HostError(engine.host, 'the engine stopped telling what happens to containers.');
}

async function ask(each: Watched, signal: AbortSignal): Promise<void> {
  if (each.ask === undefined) return;
  await each.ask(signal);
  each.answer = 'given';
  each.bell.ring();
}

/** Looks at a container whenever its bell has rung, until it is as expected. */
async function watch(each: Watched, engine: Engine, signal: AbortSignal): Promise<void> {
  let start: { readonly at: string; readonly seen: number } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const details = await engine.inspectContainer(each.container.id);
    // Counted by this machine's clock: the host's may be wrong.
    if (start?.at !== details.startedAt) start = { at: details.startedAt, seen: performance.now() };
    const answered = each.answer === 'given';
    const verdict = judge(details, each.oneShot, answered ? SETTLE_TIME : performance.now() - start.seen);
    if (verdict.kind === 'bad') {
      throw new HostError(engine.host, `${each.service} did not become healthy: ${verdict.why}`);
    }
    each.fit = verdict.kind === 'good' && (each.answer !== 'awaited' || checksItself(details));
    if (each.fit) return;
    await each.bell.rung(verdict.kind === 'wait' ? verdict.recheckIn : undefined);
  }
}

/** The error that says most: what ended the wait, or, if that was only the time, what the containers say for themselves. */
async function explain(
  settled: readonly PromiseSettledResult<void>[],
  signal: AbortSignal,
  watched: readonly Watched[],
  engine: Engine,
  timeout: number,
): Promise<unknown> {
  if (signal.reason !== TIME_IS_OVER) return signal.reason;
  const own = settled.find((each) => each.status === 'rejected' && each.reason !== TIME_IS_OVER);
  if (own?.status === 'rejected' && !isAbort(own.reason)) return own.reason;
  const states = await Promise.all(
    watched
      .filter(({ fit }) => !fit)
      .map(async ({ container, service }) => `${service}: ${stateOf(await engine.inspectContainer(container.id))}`),
  );
  return new HostError(
    engine.host,
    `not healthy within ${formatDuration(timeout)} (${[...new Set(states)].join('; ')}). Give it longer with "health-timeout", or mend what its logs show.`,
  );
}

/** Whether an error only says that it was told to stop. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.cause === TIME_IS_OVER);
}
