import type { ContainerDetails, EngineEvent } from '../engine/engine.ts';
import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithout } from '../model/errors.ts';
import type { Action } from '../plan/steps.ts';
import { Bell } from './bell.ts';
import { containersOf } from './containers.ts';
import { inspectAll } from './inspect.ts';
import { judge, SETTLE_TIME } from './judge.ts';
import { serviceOf } from './labels.ts';
import { type Meter, openMeter } from './meter.ts';
import { firstOf } from './part.ts';
import { breachOf, describe, enough, figuresOf, tooFew } from './verdict.ts';
import type { Work } from './work.ts';

export type Watch = Extract<Action, { readonly kind: 'watch' }>;

/** Milliseconds between two looks at what is answered; in a short watch a tenth of its time. */
const LOOK = 2_000;
const SHORTEST_LOOK = 100;

/**
 * Watches a release for a time: that its containers stay up and healthy, and that what it answers is within the limits.
 * Ends as soon as something is wrong: a death is told by the engine's events, answers are looked at every other second.
 *
 * @returns what was seen
 * @throws HostError with the numbers; the reason of the work's signal
 */
export async function watchRelease(work: Work, action: Watch): Promise<string> {
  const { engine } = work;
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, work.signal, engine.lost]);
  const bell = new Bell();
  signal.addEventListener('abort', bell.ring);
  const end = performance.now() + action.for;
  let heard: Promise<void> | undefined;
  try {
    signal.throwIfAborted();
    const before = firstOf(await containersOf(work, action.release, action.services), action.only);
    // Open before the first look, so that nothing happens unseen between the two.
    const events = await engine.events(filtersFor(before), signal);
    heard = listen(work, events, bell, signal).catch((error: unknown) => over.abort(error));
    const meter = action.limits === undefined ? undefined : await openMeter(work, action);
    for (;;) {
      signal.throwIfAborted();
      const gone = await failures(work, action, before);
      await meter?.look(signal);
      noteAnswers(work, action, meter);
      checkAnswers(work, action, meter);
      const left = end - performance.now();
      if (left <= 0) return [...conclude(work, action, meter), ...gone].join('; ');
      await bell.rung(Math.min(left, meter === undefined ? left : pace(action)));
    }
  } finally {
    over.abort();
    await heard;
  }
}

const pace = (action: Watch): number => Math.min(LOOK, Math.max(SHORTEST_LOOK, action.for / 10));

const filtersFor = (
  containers: readonly ContainerDetails[],
): Readonly<Record<string, readonly string[]>> => ({
  type: ['container'],
  container: containers.map(({ id }) => id),
  event: ['start', 'die', 'oom', 'health_status', 'destroy'],
});

/** Rings whenever something becomes of one of the containers. */
async function listen(
  { engine }: Work,
  events: AsyncIterable<EngineEvent>,
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  for await (const _ of events) bell.ring();
  if (!signal.aborted)
    throw new HostError(engine.host, 'the engine stopped telling what becomes of containers.');
}

/**
 * Looks at every container anew.
 * @returns what is tolerated of what is wrong
 * @throws HostError when more containers of a service have failed than are tolerated
 */
async function failures(
  work: Work,
  action: Watch,
  before: readonly ContainerDetails[],
): Promise<readonly string[]> {
  const release = work.releases.get(action.release);
  const found = await Promise.all(
    before.map(async (container) => {
      const service = serviceOf(container) ?? container.name;
      const [now] = await inspectAll(work.engine, [container]);
      const oneShot = release?.services[service]?.oneShot ?? false;
      return { service, why: now === undefined ? 'it was removed' : failureOf(container, now, oneShot) };
    }),
  );
  for (const service of new Set(found.map((each) => each.service))) {
    const failed = found.filter((each) => each.service === service && each.why !== undefined);
    const [first] = failed;
    if (first === undefined || failed.length <= (action.tolerate?.[service] ?? 0)) continue;
    throw new HostError(work.engine.host, `${service} did not stay well while it was watched: ${first.why}`);
  }
  return found.flatMap(({ service, why }) => (why === undefined ? [] : [`tolerated: ${service}: ${why}`]));
}

/** What has become of a container that was well; `undefined`: nothing bad. Pure. */
export function failureOf(
  before: ContainerDetails,
  now: ContainerDetails,
  oneShot: boolean,
): string | undefined {
  const verdict = judge(now, oneShot, SETTLE_TIME);
  if (verdict.kind === 'bad') return verdict.why;
  if (oneShot) return undefined;
  if (
    now.restartCount > before.restartCount ||
    now.startedAt !== before.startedAt ||
    now.state === 'restarting'
  )
    return `it ended and was started again${now.oomKilled ? ' (out of memory)' : ''}`;
  return undefined;
}

/** Keeps the figures for the report, also for when they are why it fails. */
function noteAnswers(work: Work, action: Watch, meter: Meter | undefined): void {
  if (action.limits === undefined || meter?.comparison === undefined) return;
  work.kept.watched.set(action, figuresOf(meter.comparison, action.limits));
}

/** @throws HostError when what the release answers is beyond the limits */
function checkAnswers(work: Work, { limits }: Watch, meter: Meter | undefined): void {
  if (limits === undefined || meter?.comparison === undefined) return;
  const breach = breachOf(meter.comparison, limits);
  if (breach !== undefined) throw new HostError(work.engine.host, `${breach}.`);
}

/** @throws HostError when there is too little to judge by, and that is not to be put up with */
function conclude(work: Work, action: Watch, meter: Meter | undefined): readonly string[] {
  const { limits } = action;
  if (limits === undefined) return [`well for ${formatDuration(action.for)}`];
  if (meter === undefined) return ['no edge, so only the containers were watched'];
  const { comparison } = meter;
  // Numbers that end before the time does say nothing about its end.
  if (comparison === undefined || meter.failed !== undefined) {
    throw new HostError(
      work.engine.host,
      `the edge did not say what it answers: ${messageWithout(work.engine.host, meter.failed)}`,
      { cause: meter.failed },
    );
  }
  if (enough(comparison, limits)) return [describe(comparison, limits)];
  const few = tooFew(comparison, limits);
  if (limits.tooFew === 'fail') {
    throw new HostError(
      work.engine.host,
      `${few}. Watch longer, or let it go on with "canary-too-few: go-on".`,
    );
  }
  return [describe(comparison, limits), few];
}
