/** The edge under much load, restarted, replaced, and made again where something fails meanwhile (../edge.test.ts). */
import { beforeEach, expect, test } from '@jest/globals';
import { removeEdge } from '../../../src/edge/edge.ts';
import { readTraffic } from '../../../src/edge/read-traffic.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { failure } from '../../engine/step-context.ts';
import { type EdgeApp, EdgeApps } from '../../support/edge-app.ts';
import { ask } from '../../support/http.ts';
import { releaseId } from '../../support/identifiers.ts';
import { labWith } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { patience } from '../../support/patience.ts';
import { meanwhile } from '../../support/times.ts';

const lab = await labWith(1);
const apps = new EdgeApps(lab);
const { server } = apps;

let engine: Engine;
let app: EdgeApp;
beforeEach(async () => {
  ({ engine, app } = apps);
  await app.ensure();
});

/** An engine of which one method fails from its so-manieth call on. */
function failing(real: Engine, method: keyof Engine & string, from: number): Engine {
  let calls = 0;
  return new Proxy(real, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (key === method) calls += 1;
        if (key === method && calls >= from) return Promise.reject(new Error(`${method} fails`));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

test('50 switches under load lose no request', async () => {
  const blue = [await app.start('v1', 'blue')];
  const green = [await app.start('v2', 'green'), await app.start('v2', 'green', 2)];
  await app.switch(releaseId('v1'), 'blue', blue);
  const load = startLoad(app.url, { pause: 5 });
  await load.answered('v1', 20);
  for (let round = 0; round < 25; round += 1) {
    await app.switch(releaseId('v2'), 'green', green);
    await load.answered('v2', 20);
    await app.switch(releaseId('v1'), 'blue', blue);
    await load.answered('v1', 20);
  }
  const { failures } = await load.stop();
  expect(failures).toEqual([]);
});

test('cycles of start, switch, drain and stop lose no request, slow ones neither', async () => {
  await app.switch(releaseId('v0'), 'blue', [await app.start('v0', 'blue')]);
  const load = startLoad(app.url);
  const slow = startLoad(`${app.url}slow?ms=700`);
  for (let version = 1; version <= 6; version += 1) {
    const [slot, other] = version % 2 === 1 ? (['green', 'blue'] as const) : (['blue', 'green'] as const);
    await app.switch(releaseId(`v${version}`), slot, [await app.start(`v${version}`, slot)]);
    expect(await app.drain(other, patience(1000))).toBe(0);
    await app.stop(`v${version - 1}`);
  }
  await load.answered('v6', 20);
  const results = await Promise.all([load.stop(), slow.stop()]);
  expect(results.flatMap(({ failures }) => failures)).toEqual([]);
});

test('where the engine is restarted the edge comes back with the same traffic', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  await server.engine.post(`/containers/${app.app}-v2-1/update`, {
    RestartPolicy: { Name: 'unless-stopped' },
  });
  await apps.restartEngine();
  const load = startLoad(app.url);
  await load.answered('v2', 50);
  await load.stop();
  expect(readTraffic(await app.engine.readFiles(await app.edge(), '/sealift'), app, undefined)).toEqual({
    slot: 'green',
    release: 'v2',
  });
});

test('on a full disk traffic does not move forward, nothing changes, the error names the disk, and the way back is open', async () => {
  const blue = [await app.start('v1', 'blue')];
  const green = [await app.start('v2', 'green'), await app.start('v2', 'green', 2)];
  await app.switch(releaseId('v1'), 'blue', blue);
  await app.switch(releaseId('v2'), 'green', green);
  const load = startLoad(app.url);
  await load.answered('v2', 5);
  // The engine itself can read no file of a container then.
  const read = ['sh', '-c', 'cd /sealift/edge && grep -r "" split *.release *.*.*'];
  const files = async () => engine.exec(await app.edge(), read);
  const before = await files();
  await lab.run('fill', server.name);
  try {
    const why = await failure(app.switch(releaseId('v3'), 'blue', blue));
    expect(why.message).toContain(
      'its disk is full: could not write where the traffic goes. Free some space',
    );
    expect(why).toHaveProperty(
      'evidence',
      expect.arrayContaining([
        expect.stringMatching(/No space left on device/),
        expect.stringMatching(/ 100% /),
      ]),
    );
    expect(await files()).toEqual(before);
    for (let round = 0; round < 5; round += 1) {
      await app.switch(releaseId('v1'), 'blue', blue, 'back');
      await load.answered('v1', 5);
      await app.switch(releaseId('v2'), 'green', green, 'back');
      await load.answered('v2', 5);
    }
  } finally {
    await lab.run('unfill', server.name);
  }
  expect((await load.stop()).failures).toEqual([]);
});

test('an edge that was lost, and is made again where nothing has traffic, leads nowhere, whatever its volume says', async () => {
  await app.switch(releaseId('1'), 'green', [await app.start('1', 'green')]);
  await removeEdge(engine, app);
  await app.ensureAnew();
  expect((await ask(app.url)).status).toBe(503);
  expect(await app.traffic()).toBeUndefined();
});

test('an edge that gets ways in of other names is replaced, and leads to the same release from its first answer on', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  const status = () =>
    ask(app.url).then(
      (answer) => answer.status,
      () => undefined,
    );
  const { seen } = await meanwhile(app.ensure({ name: `${app.port}` }), status);
  expect(await ask(app.url)).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
  expect(new Set(seen.filter((each) => each !== undefined))).toEqual(new Set([200]));
});

test.each<[string, keyof Engine & string, number]>([
  ['why a port is taken can not be asked', 'listContainers', 2],
  ['the new edge can not be removed', 'removeContainer', 1],
])('the former edge runs on also where %s', async (_, method, from) => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  app.engine = failing(engine, method, from);
  // A port that both have, so that the former edge is stopped, and one that is taken.
  const why = await failure(app.ensure({ published: [app.port, 22] }));
  app.engine = engine;
  expect(why.message).toMatch(/address already in use|port 22 is already taken/);
  expect((await ask(app.url)).status).toBe(200);
});
