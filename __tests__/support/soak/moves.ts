/** One move of a soak: a release comes, comes and is rolled back, or goes back. */

import type { Inputs } from '../action.ts';
import type { Load } from '../load/load.ts';
import type { LoadResult } from '../load/tally.ts';
import { reportOf, succeeded } from '../test-app.ts';
import { SoakApp } from './app.ts';
import type { Fault } from './faults.ts';

export interface Stage {
  readonly app: SoakApp;
  readonly load: Load;
  readonly inputs: Inputs;
  /** The number of this move, from 1. */
  readonly turn: number;
}

export interface Moved {
  /** A few words for the line that tells of it. */
  readonly what: string;
  /** Of the action. */
  readonly log: string;
}

export type Move = (stage: Stage) => Promise<Moved>;

/** Answers of the right release that must come before the next move. */
const ANSWERS = 50;

/** The next release comes. */
export const deployed: Move = async ({ app, load, inputs }) => {
  const { live } = app;
  const next = app.nextRelease();
  load.expect(String(live), String(next));
  const { log } = succeeded(await app.deploy(next, inputs));
  Object.assign(app, { live: next, previous: live });
  await settled(load, next);
  return { what: between(live, next), log };
};

/** The live release and the one before it change places. */
export const manualRollback: Move = async ({ app, load }) => {
  const { live, previous } = app;
  load.expect(String(live), String(previous));
  const { log } = succeeded(await app.rollback());
  Object.assign(app, { live: previous, previous: live });
  await settled(load, previous);
  return { what: between(live, previous), log };
};

/**
 * The next release comes, is found to be no good, and the live one has all traffic again.
 *
 * @param within milliseconds in which the step that finds it must have done so
 */
export const rolledBack =
  (faults: readonly Fault[], within?: number): Move =>
  async (stage) => {
    const { app, load, inputs, turn } = stage;
    const fault = faults[(turn - 1) % faults.length];
    if (fault === undefined) throw new Error('no fault');
    const { live } = app;
    const next = app.nextRelease();
    load.expect(String(live), ...(fault.served ? [String(next)] : []));
    const before = load.look();
    const run = await app.deploy(next, { ...inputs, ...fault.inputs(app) }, fault.behaviour);
    if (run.succeeded) throw new Error(`Release ${next} ${fault.what}, and was kept:\n${run.log}`);
    const { result, steps }: Judged = reportOf(run);
    if (result !== 'rolled-back') throw new Error(`The result is ${result}, not rolled-back:\n${run.log}`);
    const found = steps.find(({ ok, undo }) => ok === false && !undo);
    if (within !== undefined && (found?.durationMs === undefined || found.durationMs > within + LATE)) {
      throw new Error(`Found after ${found?.durationMs} ms, not within ${within} ms:\n${run.log}`);
    }
    if (fault.foundIn !== undefined && found?.stage !== fault.foundIn)
      throw new Error(`Found by ${found?.stage}, not by ${fault.foundIn}:\n${run.log}`);
    await settled(load, live);
    return { what: `${next} ${fault.what}${metBy(before, load.look(), next)}`, log: run.log };
  };

/** What of a report is looked at. */
interface Judged {
  readonly result: string;
  readonly steps: readonly {
    readonly stage: string;
    readonly ok?: boolean;
    readonly undo: boolean;
    readonly durationMs?: number;
  }[];
}

/** Milliseconds that the last look of an interval may take. */
const LATE = 3000;

/** How many of the requests met a release that was no good. */
function metBy(before: LoadResult, after: LoadResult, release: number): string {
  const met = after.answers.get(String(release)) ?? 0;
  if (met === 0) return '';
  const lost = after.failed - before.failed;
  const requests = after.requests - before.requests;
  if (lost === 0) return `; it met ${met} of ${requests} requests, none failed`;
  const otherwise = Math.round((lost / (met + lost)) * requests);
  return `; it met ${met + lost} of ${requests} requests, ${lost} failed; about ${otherwise} would have, had all met it`;
}

const between = (from: number, to: number): string => `${SoakApp.nature(from)} → ${SoakApp.nature(to)}`;

/** From now on only this one answers, and it does. */
async function settled(load: Load, release: number): Promise<void> {
  load.expect(String(release));
  await load.answered(String(release), ANSWERS);
}
