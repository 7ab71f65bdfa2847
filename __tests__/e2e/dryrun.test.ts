/** `dry-run` prints the plan and changes nothing. */
import { expect, test } from '@jest/globals';
import { AppInVersions } from '../support/app-in-versions.ts';
import { compose, probe } from '../support/apps/probe.ts';
import { tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { reportOf, succeeded, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });

test('a dry run of a first delivery shows every step, and leaves server and registry as they are', async () => {
  const app = await testApp({
    lab,
    stem: 'dry',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({
        services: {
          web: { build: '.', ports: [`${port}:3000`] },
          db: { image: 'redis:7', volumes: ['data:/data'] },
        },
        volumes: { data: {} },
      }),
    }),
  });
  try {
    const before = await snapshot(app.server);
    const run = succeeded(await app.deliver({ 'dry-run': 'true', tags: 'latest' }));
    expect(await snapshot(app.server)).toBe(before);
    expect(await tagsOf(lab, `e2e/${app.name}`)).toEqual([]);
    for (const text of [run.log, run.summary]) {
      expect(text).toMatch(/create the edge/);
      expect(text).toMatch(/start the accessory db/);
      expect(text).toMatch(/start web/);
      expect(text).toMatch(/switch traffic/);
    }
    expect(run.summary).toMatch(/nothing was changed/i);
    expect(reportOf(run).result).toBe('planned');
    expect(run.summary).toContain(`**Image** \`${app.repository}\`, not built yet`);
    expect(run.log).toContain(`${app.repository} (not built yet)`);
    expect(run.outputs).toMatchObject({ image: '', digest: '' });
    for (const text of [run.log, run.summary]) expect(text).not.toContain('0'.repeat(64));
  } finally {
    await app.remove();
  }
});

test('a dry run of an update shows the plan that is then carried out, and changes nothing', async () => {
  const versions = new AppInVersions({ lab, stem: 'dry' });
  try {
    await versions.begin();
    const { app } = versions;
    const before = await snapshot(app.server);
    const planned = succeeded(await versions.deploy({}, { 'dry-run': 'true' }));
    expect(await snapshot(app.server)).toBe(before);
    expect(await app.version()).toBe('1');

    const done = succeeded(await versions.deployAgain());
    const steps = (run: typeof done): unknown =>
      reportOf(run).steps.map(({ stage, text }: { stage: string; text: string }) => [stage, text]);
    expect(steps(planned)).toEqual(steps(done));
    // The output is what is live; the report also names what would be.
    expect(planned.outputs['release']).toBe(done.outputs['previous-release']);
    expect(reportOf(planned).release).toBe(done.outputs['release']);
  } finally {
    await versions.remove();
  }
});
