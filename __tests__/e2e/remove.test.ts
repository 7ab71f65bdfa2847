/** An environment is taken away: all of it, nothing else, and its data only if that is asked for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { placeOf } from '../support/domain.ts';
import { ask } from '../support/http.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import {
  deployVersion,
  domainOf,
  hasProbeImage,
  itsDomain,
  removableApp,
  tracesOf,
} from '../support/removable-app.ts';
import { reportOf, succeeded, type TestApp } from '../support/test-app.ts';

const lab = await labWith(1);
let app: TestApp;
let neighbour: TestApp;
const data = (): string => `${app.name}-production_data`;

beforeAll(async () => {
  const servers = lab.servers.slice(0, 1);
  app = await removableApp(lab, 'gone', servers);
  neighbour = await removableApp(lab, 'neighbour', servers);
  await deployVersion(neighbour, 'neighbour', itsDomain(neighbour));
  for (const version of ['1', '2']) await deployVersion(app, version, itsDomain(app));
});
afterAll(() => Promise.all([app.remove(), neighbour.remove()]));

test('an environment whose name begins with prod is removed only if it is named twice', async () => {
  const before = await snapshot(app.server);
  for (const confirm of ['', 'staging']) {
    const run = await app.removeEnvironment({ confirm });
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toMatch(/^confirm: .*"production".* Nothing was removed\.$/);
  }
  expect(await snapshot(app.server)).toBe(before);
});

test('a dry run says what would be removed and what kept, and removes nothing', async () => {
  const before = await snapshot(app.server);
  const run = succeeded(await app.removeEnvironment({ 'dry-run': 'true', confirm: '' }));
  expect(await snapshot(app.server)).toBe(before);
  expect(reportOf(run)).toMatchObject({ result: 'planned', hosts: [{ is: expect.any(String) }] });
  for (const text of [run.log, run.summary]) {
    expect(text).toContain(`stop routing ${domainOf(app)}`);
    expect(text).toContain('remove the edge');
    expect(text).toContain(`${app.name}-production-db-1`);
    expect(text).toContain(`docker volume rm ${data()}`);
  }
  expect(run.summary).toMatch(/nothing was changed/i);
});

test('a removal leaves nothing but the volumes, says so, and visitors of another app on the host do not notice it', async () => {
  const secure = placeOf(lab, neighbour.server, domainOf(neighbour));
  const loads = [startLoad(neighbour.url()), startLoad(secure)];
  for (const load of loads) await load.answered('neighbour', 20);
  const run = succeeded(await app.removeEnvironment());
  for (const load of loads) await load.answered('neighbour', 20);
  for (const load of loads) expect((await load.stop()).failures).toEqual([]);

  expect(await tracesOf(app)).toEqual([`volume ${data()}`]);
  const [host] = reportOf(run).hosts;
  expect(reportOf(run).result).toBe('removed');
  expect(host).toMatchObject({ why: 'removed', keptVolumes: [data(), expect.any(String)] });
  expect(host.was).toBeDefined();
  expect(host.is).toBeUndefined();
  for (const text of [run.log, run.summary])
    expect(text).toContain(`docker volume rm ${host.keptVolumes.join(' ')}`);
  // The anonymous volume of the accessory, too.
  await app.server.engine.get(`/volumes/${host.keptVolumes[1]}`);
  // The other app runs it.
  expect(await hasProbeImage(app)).toBe(true);
  const { connect, url } = secure;
  expect(await ask(url, { connect, headers: { host: domainOf(app) } })).toMatchObject({ status: 404 });
});

test('a second removal says that there is nothing to remove, and status that nothing is deployed', async () => {
  const before = await snapshot(app.server);
  const run = succeeded(await app.removeEnvironment());
  expect(await snapshot(app.server)).toBe(before);
  expect(reportOf(run).result).toBe('unchanged');
  expect(run.log).toContain('Nothing to remove');
  expect(run.log).toContain(`docker volume rm ${data()}`);
  expect(run.summary).toContain('nothing to remove');
  expect(succeeded(await app.status()).log).toContain('nothing is deployed here');
});

test('a deploy after a removal finds the data that was kept', async () => {
  await deployVersion(app, '3', itsDomain(app));
  expect(await app.version()).toBe('3');
  const files = await app.server.engine.files(`${app.name}-production-db-1`, '/data');
  expect(files.get('data/log')?.content).toBe('started\nstarted\n');
});

test('after a removal that was killed, a deploy works as ever; and killed after any of its steps, it is finished by the next ones', async () => {
  // With its machine, or its post step would go on with it (all/cut-short.test.ts).
  const killed = async (): Promise<void> => {
    const inputs = { 'remove-volumes': 'true' };
    await app.removeEnvironment(inputs, { interrupt: { when: /✓ /, how: 'SIGKILL' }, withoutPost: true });
    await lab.run('in', app.server.name, 'docker', 'rm', '-f', `${app.name}-${app.environment}-lock`);
  };
  await killed();
  await deployVersion(app, '4', itsDomain(app));
  expect(await app.version()).toBe('4');

  const { steps } = reportOf(
    succeeded(await app.removeEnvironment({ 'remove-volumes': 'true', 'dry-run': 'true' })),
  );
  let times = 0;
  while ((await tracesOf(app)).length > 0) {
    await killed();
    times += 1;
    // Each of them gets one step further at least.
    expect(times).toBeLessThanOrEqual(steps.length);
  }
  expect(times).toBeGreaterThan(1);
  expect(reportOf(await app.removeEnvironment({ 'remove-volumes': 'true' })).result).toBe('unchanged');
});

test('the front goes with the last app that has a domain, and the image with the last app that runs it', async () => {
  const run = succeeded(await neighbour.removeEnvironment({ 'remove-volumes': 'true' }));
  expect(await tracesOf(neighbour)).toEqual([]);
  expect(run.log).not.toContain('docker volume rm');
  expect((await app.server.engine.containers('sealift-front')).size).toBe(0);
  expect(await hasProbeImage(app)).toBe(false);
});
