/** What is live, since when, how healthy, and what could be gone back to. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { webApp } from '../support/apps/probe.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
let app: TestApp;
let second: ActionRun;
let seen: ActionRun;
let began = 0;

beforeAll(async () => {
  const service = { environment: { VERSION: '${VERSION}' } };
  app = await testApp({ lab, stem: 'status', files: (port) => webApp({ version: '1', port, service }) });
  const { image } = succeeded(await app.deliver({ env: 'VERSION=1' }, { actor: 'ada' })).outputs;
  // The server's clock is this machine's.
  began = Date.now();
  second = succeeded(await app.deploy(image, { env: 'VERSION=2' }, { actor: 'grace', runId: '4712' }));
  const before = await snapshot(app.server);
  seen = await app.status();
  // Looking changes nothing.
  expect(await snapshot(app.server)).toBe(before);
});
afterAll(() => app.remove());

test('status tells as JSON what is live, since when, by whom, and what could be gone back to', () => {
  const [host] = reportOf(seen).hosts;
  expect(host).toMatchObject({ host: app.server.url, is: second.outputs['release'] });
  expect(host.kept).toMatchObject([
    {
      release: second.outputs['release'],
      live: true,
      actor: 'grace',
      runUrl: 'https://github.com/octo/shop/actions/runs/4712/attempts/1',
      condition: '1 of 1 healthy',
    },
    { release: second.outputs['previous-release'], live: false, actor: 'ada', condition: '1 stopped' },
  ]);
  expect(Date.parse(host.kept[0].acceptedAt)).toBeGreaterThan(began);
});

test('status gives what a promotion needs: the image by digest, its commit, and that it is healthy everywhere', () => {
  const { image, revision, healthy } = seen.outputs;
  expect({ image, revision, healthy }).toEqual({
    image: second.outputs['image'],
    revision: app.checkout.sha,
    healthy: 'true',
  });
});

test('status tells the same in the log and in the summary', () => {
  for (const text of [seen.log, seen.summary]) {
    expect(text).toContain(app.server.url);
    expect(text).toContain(second.outputs['release']);
    expect(text).toContain(second.outputs['previous-release']);
    expect(text).toContain('grace');
  }
});

test('status tells of an app that is not well', async () => {
  const web = `${app.name}-production-${second.outputs['release']}-web-1`;
  await app.server.engine.post(`/containers/${web}/stop?t=0`);
  const ill = succeeded(await app.status());
  expect(ill.log).toContain('NOT healthy');
  expect(ill.outputs['healthy']).toBe('false');
});

test('status tells of the hosts that it can reach, names the one that it can not, and fails', async () => {
  const gone = 'unix:///nowhere/docker.sock';
  const run = await app.status({ hosts: `${gone}\n${app.server.url}` });
  expect(run.exitCode).toBe(1);
  expect(run.errors).toHaveLength(1);
  expect(run.errors[0]?.message).toContain(gone);
  for (const text of [run.log, run.summary]) expect(text).toContain(second.outputs['release']);
  expect(reportOf(run).hosts).toMatchObject([
    { host: gone, unknown: true },
    { host: app.server.url, is: second.outputs['release'] },
  ]);
  expect(run.outputs['release']).toBe('');
});

test('status of an app that is nowhere says so', async () => {
  const nowhere = succeeded(await app.status({ app: `${app.name}x` }));
  expect(nowhere.log).toContain('nothing is deployed here');
});
