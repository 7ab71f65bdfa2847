/** The edge with real traffic: what it promises is that nobody notices. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { beforeAll, expect, test } from '@jest/globals';
import { observeEdge, removeEdge } from '../../src/edge/edge.ts';
import { statsSince } from '../../src/edge/metrics.ts';
import { probeContainers } from '../../src/edge/probe.ts';
import { readTraffic } from '../../src/edge/read-traffic.ts';
import { clearSlot } from '../../src/edge/switch-traffic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SLOTS } from '../../src/model/app-environment.ts';
import { failure } from '../engine/step-context.ts';
import { EdgeApp, EdgeApps, say } from '../support/edge-app.ts';
import { type Answer, ask } from '../support/http.ts';
import { releaseId } from '../support/identifiers.ts';
import { labWith, uniquePort } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { patience, until } from '../support/patience.ts';

const lab = await labWith(1);
const apps = new EdgeApps(lab, 'for all');
const { server } = apps;

let engine: Engine;
let app: EdgeApp;
beforeAll(async () => {
  ({ engine, app } = apps);
  await app.ensure();
});

/** Ends the first process of a container without the engine's doing, as the kernel would. */
async function killFromOutside(container: string): Promise<void> {
  const { State } = await server.engine.get(`/containers/${container}/json`);
  await lab.run('in', server.name, 'kill', '-9', String(State.Pid));
}

test('the edge counts nothing before the first request, then each answer once in its slot: 5xx, its own, streams and WebSockets', async () => {
  const [OLD, NEW] = [releaseId('0d000000'), releaseId('2e000000')];
  const { old, canary } = await app.twoReleases({ old: OLD, canary: NEW, slot: 'green' });
  const before = await app.metrics();
  for (const slot of SLOTS)
    expect(before.stats[slot]).toMatchObject({ count: 0, errors: 0, timed: 0, seconds: 0 });

  const status = (code: number): Promise<Answer> => ask(`${app.url}status?code=${code}`);
  for (const code of [200, 204, 302, 404, 500, 500, 503]) await status(code);
  await ask(app.url, { method: 'POST', body: 'x' });
  await ask(`${app.url}slow?ms=300`);
  await ask(`${app.url}events?count=2&ms=10`);
  const first = await app.metrics();
  expect(first.stats.blue).toMatchObject({ count: 10, errors: 3, timed: 10 });
  expect(first.stats.blue.seconds).toBeGreaterThan(0.3);
  expect(first.stats.blue.histogram.reduce((sum, [, count]) => sum + count, 0)).toBe(10);
  expect(first.stats.green).toMatchObject({ count: 0 });
  expect(first.unanswered).toEqual({ blue: 0, green: 0 });

  // Given up by the visitor before an answer: no answer of anybody.
  await ask(`${app.url}slow?ms=3600000`, { timeout: 200 }).catch(() => undefined);
  await app.inFlight('blue', 0);
  await app.divide(0.999999, canary, old);
  await ask(app.url);
  await app.stop(NEW);
  expect((await ask(app.url)).status).toBe(502);
  const second = await app.metrics();
  expect(statsSince(first, second, 'blue')).toMatchObject({ count: 0 });
  expect(second.stats.green).toMatchObject({ count: 2, errors: 1, timed: 1 });
  expect(second.inFlight).toEqual({ blue: 0, green: 0 });
  expect(second.unanswered).toEqual({ blue: 1, green: 0 });
});

test('a switch that is done twice leaves the same state', async () => {
  const replicas = [await app.start('v1', 'green')];
  await app.switch(releaseId('v1'), 'green', replicas);
  const before = await engine.readFiles(await app.edge(), '/sealift');
  await app.switch(releaseId('v1'), 'green', replicas);
  expect(await engine.readFiles(await app.edge(), '/sealift')).toEqual(before);
  expect(readTraffic(before, app, undefined)).toEqual({ slot: 'green', release: 'v1' });
});

test('without a release the edge answers 503 by itself', async () => {
  for (const slot of SLOTS) await clearSlot(engine, await app.edge(), slot);
  expect(await ask(app.url)).toMatchObject({
    status: 503,
    body: 'Service Unavailable: the app is not running.\n',
  });
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  expect(await ask(app.url)).toMatchObject({ status: 200 });
  await clearSlot(engine, await app.edge(), 'blue');
  expect(await ask(app.url)).toMatchObject({ status: 503 });
  expect(readTraffic(await engine.readFiles(await app.edge(), '/sealift'), app, undefined)).toBeUndefined();
});

test('draining counts long requests, event streams and WebSockets, and ends when they have', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  const v2 = await app.start('v2', 'green');
  const slow = ask(`${app.url}held`);
  const events = ask(`${app.url}held?stream=yes`);
  const socket = await app.webSocket();
  await app.inFlight('blue', 3);
  await app.switch(releaseId('v2'), 'green', [v2]);
  expect(await app.drain('blue', 600)).toBe(3);
  const drained = app.drain('blue', patience(1000));
  await app.letGo('v1');
  for (const { body } of await Promise.all([slow, events])) expect(body).toContain('data: v1 ends');
  socket.end();
  expect(await drained).toBe(0);
});

test('requests arrive as they were sent, with who sent them', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  const forged = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https', 'accept-encoding': 'br' };
  const { body } = await ask(`${app.url}headers`, { host: 'shop.test', headers: forged });
  const { 'x-forwarded-for': from, ...headers } = JSON.parse(body);
  expect(headers).toEqual({
    host: 'shop.test',
    'accept-encoding': 'br',
    'x-forwarded-host': 'shop.test',
    'x-forwarded-proto': 'http',
  });
  expect(from).toMatch(/^[\d.]+$/);
  expect(from).not.toContain('6.6.6.6');
});

test('a request may be large, and is not held back', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  const { body } = await ask(`${app.url}upload`, { method: 'POST', body: Buffer.alloc(64 * 1024 * 1024) });
  expect(JSON.parse(body)).toMatchObject({ bytes: 64 * 1024 * 1024 });
});

test('requests with small bodies wait for the end of these, then go where the traffic goes, and leave their connection in order', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  const v2 = await app.start('v2', 'green');
  const socket = connectTcp(app.port, server.address);
  let said = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const answers = async (count: number): Promise<void> => {
    const whole = (): number => said.split('"version":"v2"').length - 1;
    while (whole() < count) await once(socket, 'data', { signal: AbortSignal.timeout(patience(200)) });
  };
  const head = 'POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1000\r\n\r\n';
  socket.write(`${head}${'x'.repeat(500)}`);
  await ask(app.url);
  await app.switch(releaseId('v2'), 'green', [v2]);
  expect(await app.drain('blue', 600)).toBe(0);
  await app.stop('v1');
  expect(said).toBe('');
  socket.write('x'.repeat(500));
  await answers(1);
  // The app does not read bodies: what is left of one must not be taken for a request.
  socket.write(`${head}${'x'.repeat(1000)}GET / HTTP/1.1\r\nHost: app\r\n\r\n`);
  await answers(3);
  expect(said.match(/^HTTP.*/gm)).toEqual(Array(3).fill('HTTP/1.1 200 OK'));
  socket.destroy();
});

test('a request may be HTTP/2 without TLS', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  const session = connectHttp2(app.url);
  const [headers] = await once(session.request({ ':path': '/' }), 'response');
  expect(headers).toMatchObject({ ':status': 200 });
  session.close();
});

test('requests pass a replica by that is gone, whatever their method', async () => {
  const replicas = [await app.start('v1', 'blue'), await app.start('v1', 'blue', 2)];
  await app.switch(releaseId('v1'), 'blue', replicas);
  await app.stop('v1', 2);
  const load = startLoad(app.url);
  await load.answered('v1', 200);
  expect((await load.stop()).failures).toEqual([]);
});

test('requests that find no container wait until the traffic goes elsewhere, whatever their method', async () => {
  const replicas = [await app.start('v1', 'blue')];
  await app.switch(releaseId('v1'), 'blue', replicas);
  const next = [await app.start('v2', 'green')];
  await app.stop('v1');
  const waiting = ['GET', 'POST'].map((method) =>
    ask(app.url, { method, ...(method === 'POST' ? { body: 'x'.repeat(1000) } : {}) }),
  );
  await app.inFlight('blue', waiting.length);
  await app.switch(releaseId('v2'), 'green', next);
  for (const answer of await Promise.all(waiting))
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
});

test('a request that finds no container for some time is answered 502', async () => {
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  await app.stop('v1');
  const answer = await ask(app.url);
  expect(answer).toMatchObject({
    status: 502,
    body: 'Bad Gateway: the app does not answer.\n',
  });
});

test('a request that an app breaks off is not sent to another one', async () => {
  const dying = { EXIT_AFTER_REQUESTS: '0' };
  const replicas = [await app.start('v1', 'blue', 1, dying), await app.start('v1', 'blue', 2, dying)];
  await app.switch(releaseId('v1'), 'blue', replicas);
  expect(await ask(app.url)).toMatchObject({
    status: 502,
    body: 'Bad Gateway: the app does not answer.\n',
  });
  const running = async (): Promise<number> =>
    [...(await server.engine.containers(`${app.app}-v1-`)).values()].filter(
      ({ state }) => state === 'running',
    ).length;
  await until('one of them has ended', async () => (await running()) < 2);
  expect(await running()).toBe(1);
});

test('the edge asks containers whether they are well, and tells how they failed', async () => {
  const well = await app.start('v1', 'blue');
  const container = well.replace(':3000', '');
  const answer = async (target: string, path: string | undefined): Promise<unknown> =>
    (await probeContainers(engine, await app.edge(), [target, well], { path, timeout: 0 })).get(target);
  expect(await answer(well, undefined)).toEqual({ ok: true });
  expect(await answer(well, '/status?code=204')).toEqual({ ok: true });
  expect(await answer(well, '/status?code=302')).toEqual({ ok: true });
  expect(await answer(well, '/status?code=500')).toEqual({ ok: false, failure: 'answered 500' });
  for (const path of [undefined, '/up']) {
    expect(await answer(`${container}:81`, path)).toEqual({
      ok: false,
      failure: expect.stringMatching(/refused/),
    });
    expect(await answer('nowhere:80', path)).toEqual({
      ok: false,
      failure: expect.stringMatching(/nowhere/),
    });
  }
});

test('an edge that was killed comes back with the same traffic', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  const load = startLoad(app.url);
  await load.answered('v2', 20);
  await killFromOutside(await app.edge());
  await load.answered('v2', 100);
  expect([...(await load.stop()).answers.keys()]).toEqual(['v2']);
});

test('an edge that was lost is made again from nothing but its volume', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  await removeEdge(engine, app);
  expect(await observeEdge(engine, app)).toEqual({ state: 'absent' });
  await app.ensure();
  expect(await ask(app.url)).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
});

test('an edge that gets other ports is replaced, and goes on; one that is right already is left alone', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  expect(await app.ensure()).toBe(await app.edge());
  const other = uniquePort();
  await app.ensure({ published: [other] });
  expect(await ask(`http://${server.address}:${other}/`)).toMatchObject({ status: 200 });
  expect(await app.edges()).toEqual({ '-test-edge-2': 'running' });
  await app.ensure();
  expect(await ask(app.url)).toMatchObject({ status: 200 });
  expect(await app.edges()).toEqual({ '-test-edge': 'running' });
});

test('a port that a container or a program holds is named, and the former edge runs on', async () => {
  await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
  const other = new EdgeApp(engine, server);
  await other.ensure();
  try {
    const taken = await failure(app.ensure({ published: [app.port, other.port] }));
    expect(taken.message).toContain(
      `port ${other.port} is already taken by container "${other.app}-test-edge"`,
    );
    expect((await failure(app.ensure({ published: [22] }))).message).toContain(
      'port 22 is already taken by a program outside Docker',
    );
    expect(await app.edges()).toEqual({ '-test-edge': 'running' });
    expect(await ask(app.url)).toMatchObject({ status: 200 });
  } finally {
    await other.remove();
  }
});

test('draining some replicas counts what is open to them and not what others have, and ends where nothing is', async () => {
  const one = await app.start('v1', 'blue', 1);
  const two = await app.start('v1', 'blue', 2);
  await app.switch(releaseId('v1'), 'blue', [one]);
  const socket = await app.webSocket();
  const events = ask(`${app.url}held?stream=yes`);
  const slow = ask(`${app.url}held`);
  await app.inFlight('blue', 3);
  await app.switch(releaseId('v1'), 'blue', [two]);
  const load = startLoad(app.url);
  await load.answered('v1', 50);
  const left = await app.drainContainers([one], 600);
  expect({ left, open: left === 3 ? '' : await app.connections() }).toEqual({ left: 3, open: '' });
  // The load is on the other one: it never is without connections.
  expect(await app.drainContainers([two], 600)).toBeGreaterThan(0);
  await app.letGo('v1');
  for (const { body } of await Promise.all([slow, events])) expect(body).toContain('data: v1 ends');
  expect(await say(socket, 'still here')).toBe('v1:still here');
  expect(await app.drainContainers([one], 1200)).toBe(1);
  socket.destroy();
  // Longer than a test may be without progress.
  expect(await app.drainContainers([one], 6 * 3_600_000)).toBe(0);
  expect((await load.stop()).failures).toEqual([]);
});
