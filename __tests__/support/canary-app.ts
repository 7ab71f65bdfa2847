/** An app whose releases can be worse than each other, and what a canary that is rolled back leaves. */
import { expect } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { type AppInVersions, appInVersions } from './app-in-versions.ts';
import type { Lab } from './lab.ts';
import type { CrowdOptions } from './load/crowd.ts';
import type { Load } from './load/load.ts';
import { reportOf } from './test-app.ts';

/** What a release takes to answer, unless it is said; milliseconds. */
export const LATENCY = 50;
/** Of each of four kinds, each with one request at a time. */
export const VISITORS = 3;
/** About 150 requests a second, each of a visitor without a cookie: he meets either release by chance. */
export const CROWD: CrowdOptions = { visitors: VISITORS, pause: 30 };
/** What is worse is gone long before this step is over, however slow the machine is. */
export const LONG_STEP = '25% 30m, 100%';

export const canaryApp = (lab: Lab): AppInVersions =>
  appInVersions({
    lab,
    stem: 'canary',
    service: { restart: '${RESTART:-no}' },
    behaviour: { ERROR_RATE: 0, LATENCY_MS: LATENCY, EXIT_AFTER_REQUESTS: '', HANG_AFTER_REQUESTS: '' },
  });

export const canary = (steps: string, inputs: Inputs = {}): Inputs => ({
  strategy: 'canary',
  canary: steps,
  ...inputs,
});

/** Of releases that are as good as each other, where it does not matter that a busy machine answers one request late. */
export const PATIENT: Inputs = { 'canary-max-latency-ratio': '1000', 'canary-min-requests': '1' };

/** The run failed, and everybody is back on the release that was live before; answers what it said. */
export async function expectRolledBack(run: ActionRun, versions: AppInVersions, load: Load): Promise<string> {
  const messages = run.errors.map(({ message }) => message);
  const { exitCode } = run;
  expect({ exitCode, errors: messages.length, log: exitCode === 1 ? '' : run.log }).toEqual({
    exitCode: 1,
    errors: 1,
    log: '',
  });
  expect(run.outputs['rolled-back']).toBe('true');
  load.expect(versions.live);
  await load.answered(versions.live, 200);
  const [host] = reportOf(run).hosts;
  expect(host.is).toBe(host.was);
  return messages[0] ?? '';
}
