import type { ContainerDetails, Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Work } from './work.ts';

/** How long a container without any check of its own must run without a restart. Milliseconds. */
export const SETTLE_TIME = 2_000;

/** What is expected of one container. */
export interface Expectation {
  readonly container: ContainerDetails;
  readonly service: string;
  readonly oneShot: boolean;
  /** Asks it from outside; resolves once it answers, rejects with why it does not. `undefined`: nothing to ask. */
  readonly ask: ((signal: AbortSignal) => Promise<void>) | undefined;
}

type Verdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'bad'; readonly why: string }
  | { readonly kind: 'wait'; readonly recheckIn?: number };

/** Judges a container by what it is now. Pure. `now` and `settledSince` are milliseconds of one clock. */
export function judge(details: ContainerDetails, oneShot: boolean, runningFor: number): Verdict {
  if (details.state === 'exited' || details.state === 'dead') {
    if (oneShot && details.exitCode === 0) return { kind: 'good' };
    const memory = details.oomKilled ? ' (out of memory)' : '';
    return {
      kind: 'bad',
      why: `it exited with code ${details.exitCode}${memory}${details.error === '' ? '' : `: ${details.error}`}`,
    };
  }
  if (oneShot || details.state !== 'running') return { kind: 'wait' };
  switch (details.health?.status) {
    case 'healthy':
      return { kind: 'good' };
    case 'unhealthy':
      return { kind: 'bad', why: `its HEALTHCHECK fails: ${lastLine(details.health.lastOutput)}` };
    case 'starting':
      return { kind: 'wait' };
    default:
      return runningFor >= SETTLE_TIME
        ? { kind: 'good' }
        : { kind: 'wait', recheckIn: SETTLE_TIME - runningFor };
  }
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) || 'it says nothing';
}

/**
 * Waits until every container is as expected. Woken by the engine's events, so it neither polls nor misses a death.
 * @throws HostError naming the service, what was asked and what was seen, as soon as one fails or the time is over.
 */
export async function awaitHealthy(
  work: Work,
  expectations: readonly Expectation[],
  timeout: number,
): Promise<void> {
  const over = AbortSignal.timeout(timeout);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, work.signal, over, work.engine.lost]);
  try {
    const events = await work.engine.events(
      {
        type: ['container'],
        container: expectations.map(({ container }) => container.id),
        event: ['start', 'die', 'oom', 'health_status'],
      },
      signal,
    );
    const wakers = new Map<string, () => void>();
    const listening = (async () => {
      for await (const event of events) wakers.get(event.id)?.();
    })();
    await Promise.race([
      Promise.all(expectations.map((each) => awaitOne(work.engine, each, wakers, signal))),
      // The stream ends with the connection or the signal; either is told by what waits on them.
      listening.then(
        () =>
          new Promise<never>((_, reject) =>
            signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true }),
          ),
      ),
    ]);
  } catch (error) {
    if (
      !over.aborted ||
      work.signal.aborted ||
      work.engine.lost.aborted ||
      (error instanceof HostError && !isTimeout(error))
    )
      throw error;
    throw await timedOut(work, expectations, timeout);
  } finally {
    stop.abort();
  }
}

const isTimeout = (error: HostError): boolean => error.cause instanceof DOMException;

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

async function awaitOne(
  engine: Engine,
  expected: Expectation,
  wakers: Map<string, () => void>,
  signal: AbortSignal,
): Promise<void> {
  const { id } = expected.container;
  const answered = expected.ask === undefined ? undefined : { done: false };
  const asking = expected.ask?.(signal).then(() => {
    if (answered !== undefined) answered.done = true;
    wakers.get(id)?.();
  });
  let asked: Promise<never> | undefined;
  if (asking !== undefined) asked = asking.then(() => new Promise<never>(() => undefined));
  let runningSince: { readonly startedAt: string; readonly clock: number } | undefined;
  for (;;) {
    const woken = new Promise<void>((resolve) => wakers.set(id, resolve));
    const details = await engine.inspectContainer(id);
    if (details.state === 'running' && runningSince?.startedAt !== details.startedAt) {
      runningSince = { startedAt: details.startedAt, clock: performance.now() };
    }
    const hasHealth = details.health !== undefined && details.health.status !== 'none';
    const verdict = judge(
      details,
      expected.oneShot,
      runningSince === undefined ? 0 : performance.now() - runningSince.clock,
    );
    if (verdict.kind === 'bad')
      throw new HostError(engine.host, `${expected.service} did not become healthy: ${verdict.why}`);
    if (verdict.kind === 'good' && (hasHealth || answered === undefined || answered.done)) return;
    await waitFor(woken, verdict.kind === 'wait' ? verdict.recheckIn : undefined, asked, signal);
  }
}

/** Waits for an event, a time or a failed question, whichever is first. */
async function waitFor(
  woken: Promise<void>,
  recheckIn: number | undefined,
  asked: Promise<never> | undefined,
  signal: AbortSignal,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await Promise.race([
      woken,
      ...(asked === undefined ? [] : [asked]),
      ...(recheckIn === undefined
        ? []
        : [new Promise<void>((resolve) => (timer = setTimeout(resolve, recheckIn)))]),
      new Promise<never>((_, reject) => {
        onAbort = () => reject(reasonOf(signal));
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

async function timedOut(
  work: Work,
  expectations: readonly Expectation[],
  timeout: number,
): Promise<HostError> {
  const seen = await Promise.all(
    expectations.map(async ({ container, service }) => {
      const details = await work.engine.inspectContainer(container.id);
      const health =
        details.health === undefined || details.health.status === 'none'
          ? ''
          : `, HEALTHCHECK ${details.health.status}`;
      return `${service}: ${details.state}${health}`;
    }),
  );
  const seconds = (timeout / 1000).toFixed(timeout % 1000 === 0 ? 0 : 1);
  return new HostError(
    work.engine.host,
    `not healthy within ${seconds} s (${[...new Set(seen)].join('; ')}). Give it longer with "health-timeout", or mend what its logs show.`,
  );
}
