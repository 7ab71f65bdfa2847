/** One move of a soak: a release comes, comes and is turned back, or goes back. */

import type { Inputs } from '../action.ts';
import type { Behaviour } from '../apps/probe.ts';
import type { Load } from '../load/load.ts';
import { reportOf, succeeded } from '../test-app.ts';
import { SoakApp } from './app.ts';

export interface Stage {
  readonly app: SoakApp;
  readonly load: Load;
  readonly inputs: Inputs;
  /** The number of this move, from 1. */
  readonly turn: number;
}

/** Resolves with a few words for the line that tells of it. */
export type Move = (stage: Stage) => Promise<string>;

/** Answers of the right release that must come before the next move. */
const ANSWERS = 50;

/** The next release comes. */
export const deployed: Move = async ({ app, load, inputs }) => {
  const { live } = app;
  const next = app.nextRelease();
  load.expect(String(live), String(next));
  succeeded(await app.deploy(next, inputs));
  Object.assign(app, { live: next, previous: live });
  await settled(load, next);
  return between(live, next);
};

/** The live release and the one before it change places. */
export const rolledBack: Move = async ({ app, load }) => {
  const { live, previous } = app;
  load.expect(String(live), String(previous));
  succeeded(await app.rollback());
  Object.assign(app, { live: previous, previous: live });
  await settled(load, previous);
  return between(live, previous);
};

interface Fault {
  readonly what: string;
  readonly behaviour: Behaviour;
  readonly inputs: (app: SoakApp) => Inputs;
  /** Whether it is found out only when visitors have met the release. */
  readonly served: boolean;
}

/** Ways in which a release is no good, without a request that it fails to answer. */
const FAULTS: readonly Fault[] = [
  {
    what: 'is not what url expects',
    behaviour: {},
    inputs: (app) => ({ url: app.url('/'), 'url-body': 'never', 'url-timeout': '2s' }),
    served: true,
  },
  {
    what: 'never becomes healthy',
    behaviour: { UP_AFTER_MS: 'never' },
    inputs: () => ({ 'health-timeout': '3s' }),
    served: false,
  },
  {
    what: 'ends before it listens',
    behaviour: { BOOT_MS: 2000, EXIT_AFTER_MS: 300, EXIT_CODE: 1 },
    inputs: () => ({ 'health-timeout': '3s' }),
    served: false,
  },
];

/** The next release comes, is found to be no good, and the live one has all traffic again. */
export const broken: Move = async ({ app, load, inputs, turn }) => {
  const fault = FAULTS[(turn - 1) % FAULTS.length];
  if (fault === undefined) throw new Error('no fault');
  const { live } = app;
  const next = app.nextRelease();
  load.expect(String(live), ...(fault.served ? [String(next)] : []));
  const run = await app.deploy(next, { ...inputs, ...fault.inputs(app) }, fault.behaviour);
  if (run.succeeded) throw new Error(`Release ${next} ${fault.what}, and was kept:\n${run.log}`);
  const { result } = reportOf(run);
  if (result !== 'turned-back') throw new Error(`The result is ${result}, not turned-back:\n${run.log}`);
  await settled(load, live);
  return `${next} ${fault.what}`;
};

const between = (from: number, to: number): string => `${SoakApp.nature(from)} → ${SoakApp.nature(to)}`;

/** From now on only this one answers, and it does. */
async function settled(load: Load, release: number): Promise<void> {
  load.expect(String(release));
  await load.answered(String(release), ANSWERS);
}
