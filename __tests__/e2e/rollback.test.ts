/** Back to an earlier release. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { probe, webApp } from '../support/apps/probe.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

describe('with three versions on two hosts', () => {
  let app: TestApp;
  const runs: ActionRun[] = [];
  const shas: string[] = [];
  const output =
    (name: string) =>
    (version: number): string =>
      String(runs[version - 1]?.outputs[name]);
  const [id, image, digest] = [output('release'), output('image'), output('digest')];

  beforeAll(async () => {
    app = await testApp({
      lab,
      stem: 'back',
      servers: lab.servers.slice(0, 2),
      files: (port) => webApp({ version: '1', port }),
    });
    for (const version of ['1', '2', '3']) {
      shas.push(await app.checkout.commit(probe({ version })));
      const run = succeeded(await app.deliver({ tags: `v${version}.0.0` }));
      runs.push(run);
    }
  });
  afterAll(() => app.remove());

  const live = async (): Promise<string[]> => [
    ...new Set(await Promise.all(app.servers.map((server) => app.version(server)))),
  ];

  test('goes to the release before, in well under a few seconds, with no pull and no build', async () => {
    const run = succeeded(await app.rollback());
    expect(await live()).toEqual(['2']);
    expect(run.outputs).toMatchObject({
      release: id(2),
      'previous-release': id(3),
      image: image(2),
      'rolled-back': 'false',
    });
    expect(reportOf(run).result).toBe('rolled-back');
    expect(run.milliseconds).toBeLessThan(10_000);
    expect(run.debug.join('\n')).not.toMatch(/docker (pull|buildx|build)/);
    expect(await app.release(id(3))).toEqual({ web: 'exited' });
  });

  test('once more goes to where it came from', async () => {
    succeeded(await app.rollback());
    expect(await live()).toEqual(['3']);
  });

  test.each<[string, () => string, string]>([
    ['a release id', () => id(2), '2'],
    ['a commit', () => shas[0] ?? '', '1'],
    ['the beginning of a commit', () => shas[1]?.slice(0, 7) ?? '', '2'],
    ['a tag', () => 'v3.0.0', '3'],
    ['a digest', () => digest(1), '1'],
    ['an image by digest', () => image(2), '2'],
  ])('goes to %s', async (_, to, version) => {
    succeeded(await app.rollback({ to: to() }));
    expect(await live()).toEqual([version]);
  });

  test('to what is live already changes nothing', async () => {
    const before = await snapshot(app.server);
    const run = await app.rollback({ to: id(2) });
    expect(reportOf(run).result).toBe('unchanged');
    expect(await snapshot(app.server)).toBe(before);
  });

  test('to what there is not is refused, with what there is', async () => {
    const before = await snapshot(app.server);
    const run = await app.rollback({ to: 'v9' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('to: ');
    for (const version of [1, 2, 3]) expect(run.errors[0]?.message).toContain(id(version));
    expect(await snapshot(app.server)).toBe(before);
  });

  test('loses no request', async () => {
    const load = startLoad(app.url());
    await load.answered('2', 20);
    succeeded(await app.rollback({ to: id(3) }));
    await load.answered('3', 50);
    const { failures, requests } = await load.stop();
    expect({ failures, enough: requests > 100 }).toEqual({ failures: [], enough: true });
  });

  test('makes a release again whose containers are gone, as it was recorded', async () => {
    const [web] = (await app.server.engine.containers(`${app.name}-production-${id(1)}-web`)).values();
    await app.server.engine.delete(`/containers/${web?.id}`);
    // Today's checkout says otherwise.
    await app.checkout.commit({ 'compose.yaml': 'services: {}\n' });
    succeeded(await app.rollback({ to: id(1) }));
    expect(await live()).toEqual(['1']);
    expect(await app.release(id(1))).toEqual({ web: 'running' });
  });

  test('to a release that does not answer as expected fails, and what was live stays', async () => {
    const run = await app.rollback({ to: id(3), url: app.url(), 'url-body': 'never', 'url-timeout': '1s' });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('url-body');
    expect(run.outputs).toMatchObject({ 'rolled-back': 'true' });
    expect(await live()).toEqual(['1']);
  });
});

test('where nothing was deployed there is nothing to go back to', async () => {
  const app = await testApp({ lab, stem: 'never', files: (port) => webApp({ version: '1', port }) });
  try {
    const run = await app.rollback();
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/no release/);
  } finally {
    await app.remove();
  }
});
