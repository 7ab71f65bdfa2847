/** An app whose releases may end by themselves soon after their first health check. */
import { expect } from '@jest/globals';
import type { ActionRun } from './action.ts';
import { type AppInVersions, appInVersions } from './app-in-versions.ts';
import type { Lab } from './lab.ts';
import { reportOf } from './test-app.ts';

/** Ends 300 ms after its first health check, with exit code 7. */
export const DOOMED = { EXIT_AFTER_UP_MS: 300 };

export const doomedApp = (lab: Lab): AppInVersions =>
  appInVersions({
    lab,
    stem: 'doomed',
    service: { restart: '${RESTART:-no}' },
    behaviour: { EXIT_AFTER_UP_MS: '', EXIT_CODE: 7 },
  });

/** The job failed and says how the release ended; the host is as it was, and serves what it served. */
export async function expectFound(run: ActionRun, versions: AppInVersions): Promise<void> {
  const { exitCode, log } = run;
  expect({ exitCode, log: exitCode === 1 ? '' : log }).toEqual({ exitCode: 1, log: '' });
  expect(run.outputs['rolled-back']).toBe('true');
  expect(run.errors[0]?.message).toMatch(
    /web did not stay healthy (?:after its check|while it was watched): .*it exited with code 7/,
  );
  // What the container itself said last.
  expect(run.log).toContain(`probe ${versions.latest}: ends with 7`);
  const { hosts } = reportOf(run);
  for (const host of hosts) expect(host.is).toBe(host.was);
  expect(await versions.app.version()).toBe(versions.live);
}
