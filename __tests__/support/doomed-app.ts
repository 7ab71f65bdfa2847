/** An app whose releases may end by themselves right after their health check. */
import { expect } from '@jest/globals';
import { inBackground } from '../../src/run/promises.ts';
import type { ActionOptions, ActionRun } from './action.ts';
import { type AppInVersions, appInVersions } from './app-in-versions.ts';
import type { Lab } from './lab.ts';
import { reportOf, type TestApp } from './test-app.ts';

export const doomedApp = (lab: Lab): AppInVersions =>
  appInVersions({
    lab,
    stem: 'doomed',
    service: { restart: '${RESTART:-no}' },
    behaviour: { EXIT_CODE: 7 },
  });

/** A deploy whose release ends as soon as the log says that it is healthy: not so many milliseconds after it was. */
export async function deployDoomed(
  app: TestApp,
  deploy: (options: Pick<ActionOptions, 'onLine'>) => Promise<ActionRun>,
): Promise<ActionRun> {
  const { engine } = app.server;
  let ended: Promise<unknown> | undefined;
  const end = async (release: string): Promise<void> => {
    const web = `${app.name}-${app.environment}-${release}-web-1`;
    // Not by docker kill, after which the engine does not restart a container.
    const { Id } = await engine.post(`/containers/${web}/exec`, { Cmd: ['sh', '-c', 'kill -USR2 1'] });
    await engine.post(`/exec/${Id}/start`, { Detach: true });
  };
  const run = await deploy({
    onLine({ text }) {
      const [, release] = /✓ .* check web of ([0-9a-f]{8}) /.exec(text) ?? [];
      if (release !== undefined) ended ??= inBackground(end(release));
    },
  });
  if (ended === undefined) throw new Error(`The log does not say that the release is healthy:\n${run.log}`);
  await ended;
  return run;
}

/** The job failed and says how the release ended; the host is as it was, and serves what it served. */
export async function expectFound(run: ActionRun, versions: AppInVersions): Promise<void> {
  const { exitCode, log } = run;
  expect({ exitCode, log: exitCode === 1 ? '' : log }).toEqual({ exitCode: 1, log: '' });
  expect(run.outputs['rolled-back']).toBe('true');
  // Or the switch itself found that nobody is there any more.
  expect(run.errors[0]?.message).toMatch(
    /web did not stay healthy (?:after its check|while it was watched): .*it exited with code 7|no container of web in release \w+ is running: it exited with code 7/,
  );
  // What the container itself said last.
  expect(run.log).toContain(`probe ${versions.latest}: ends with 7`);
  const { hosts } = reportOf(run);
  for (const host of hosts) expect(host.is).toBe(host.was);
  expect(await versions.app.version()).toBe(versions.live);
}
