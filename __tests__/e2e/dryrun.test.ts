/** `dry-run` prints the plan and changes nothing. */
import { expect, test } from '@jest/globals';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { manifestDigest, tagsOf } from '../support/lab/registry.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab } from '../support/lab.ts';
import { reportOf, succeeded, testApp } from '../support/test-app.ts';

const lab = readLab();

test('of a first delivery shows every step, and leaves server and registry as they are', async () => {
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
      expect(text).toMatch(/make the edge/);
      expect(text).toMatch(/bring up db/);
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

test('of an update is the plan that is then carried out', async () => {
  const app = await testApp({ lab, stem: 'dry', files: (port) => webApp({ version: '1', port }) });
  try {
    succeeded(await app.deliver());
    await app.checkout.commit(probe({ version: '2' }));
    const { image } = succeeded(await app.build()).outputs;
    const live = await app.status();
    const before = await snapshot(app.server);
    const planned = await app.deploy(image, { 'dry-run': 'true' });
    expect(await snapshot(app.server)).toBe(before);
    expect(await app.version()).toBe('1');

    const done = await app.deploy(image);
    const steps = (run: typeof done): unknown =>
      reportOf(run).steps.map(({ stage, text }: { stage: string; text: string }) => [stage, text]);
    expect(steps(planned)).toEqual(steps(done));
    // The output is what is live; the report also names what would be.
    expect(planned.outputs['release']).toBe(live.outputs['release']);
    expect(reportOf(planned).release).toBe(done.outputs['release']);
    expect(await manifestDigest(lab, `e2e/${app.name}`, app.checkout.sha)).toBe(done.outputs['digest']);
  } finally {
    await app.remove();
  }
});
