import { formatDuration } from '../model/duration.ts';
import { HostError, messageWithout } from '../model/errors.ts';
import type { Action } from '../plan/steps.ts';
import { Guard } from './guard.ts';
import { type Meter, openMeter } from './meter.ts';
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
  const guard = await Guard.over(work, { ...action, when: 'while it was watched' });
  const end = performance.now() + action.for;
  try {
    const meter = action.limits === undefined ? undefined : await openMeter(work, action);
    for (;;) {
      const gone = await guard.failures();
      await meter?.look(guard.signal);
      noteAnswers(work, action, meter);
      checkAnswers(work, action, meter);
      const left = end - performance.now();
      if (left <= 0) return [...conclude(work, action, meter), ...gone].join('; ');
      await guard.bell.rung(Math.min(left, meter === undefined ? left : pace(action)));
    }
  } finally {
    await guard.close();
  }
}

const pace = (action: Watch): number => Math.min(LOOK, Math.max(SHORTEST_LOOK, action.for / 10));

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
  const seen = [
    describe(comparison, limits),
    ...(meter.interrupted ? ['the edge was started anew meanwhile, and a moment is not counted'] : []),
  ];
  if (enough(comparison, limits)) return seen;
  const few = tooFew(comparison, limits);
  if (limits.tooFew === 'fail') {
    throw new HostError(
      work.engine.host,
      `${few}. Watch longer, or let it go on with "canary-too-few: go-on".`,
    );
  }
  return [...seen, few];
}
