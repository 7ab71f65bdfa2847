/** Two runs at once: they change an environment one after the other, or say who holds it. */
import { expect, test } from '@jest/globals';
import { lockFleet } from '../../src/rollout/fleet-lock.ts';
import { appInVersions } from '../support/app-in-versions.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { lockOptions } from '../support/lock-options.ts';
import { ownEngine } from '../support/own-engine.ts';
import { reportOf } from '../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({ lab, stem: 'lock' });

test('of two deploys at once one waits for the other, both are deployed, and the later one is live', async () => {
  const runs = await Promise.all([versions.deploy(), versions.deploy()]);
  for (const run of runs) expect(reportOf(run).result).toBe('deployed');
  const [waited, first] = runs.toSorted((one) => (one.log.includes('waiting for a run') ? -1 : 1));
  expect(waited?.log).toContain('waiting for a run of mona');
  expect(first?.log).not.toContain('waiting for a run');
  const { release, 'previous-release': previous } = waited?.outputs ?? {};
  expect(previous).toBe(first?.outputs['release']);
  expect(await versions.app.release(release)).toEqual({ web: 'running' });
  expect(await versions.app.release(previous)).toEqual({ web: 'exited' });
});

test('a deploy that has waited for lock-timeout fails, names the run that holds the lock, and changes nothing', async () => {
  const { app } = versions;
  const own = await ownEngine(lab, app.server);
  const holder = { actor: 'grace', runUrl: 'https://github.com/octo/shop/actions/runs/7' };
  const key = { app: app.name, environment: app.environment };
  try {
    await using _lock = await lockFleet([own.engine], key, lockOptions(own, holder));
    const before = await snapshot(app.server);
    const run = await versions.deploy({}, { 'lock-timeout': '1s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/lock-timeout: .*a run of grace.*actions\/runs\/7/);
    expect(await snapshot(app.server)).toBe(before);
  } finally {
    await own.close();
  }
});
