/** The edge and the front with real traffic: what they promise is that nobody notices. */

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { observeEdge, removeEdge } from '../../src/edge/edge.ts';
import { probeContainers } from '../../src/edge/probe.ts';
import { readTraffic } from '../../src/edge/read-traffic.ts';
import { clearSlot } from '../../src/edge/switch-traffic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { failure } from '../engine/tools.ts';
import { EdgeApp } from '../support/edge-app.ts';
import { ask } from '../support/http.ts';
import { readLab, serverOf } from '../support/lab.ts';
import { startLoad } from '../support/load/load.ts';
import { type OwnEngine, ownEngine } from '../support/own-engine.ts';

const lab = readLab();
// Its engine is restarted here.
const server = serverOf(lab, -1);

let own: OwnEngine;
let engine: Engine;
let app: EdgeApp;

/** Ends the first process of a container without the engine's doing, as the kernel would. */
async function killFromOutside(container: string): Promise<void> {
  const { State } = await server.engine.get(`/containers/${container}/json`);
  await lab.run('in', server.name, 'kill', '-9', String(State.Pid));
}

/** An engine of which one method fails from its so-manieth call on. */
function failing(real: Engine, method: keyof Engine, from: number): Engine {
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

beforeAll(async () => {
  own = await ownEngine(lab, server);
  engine = own.engine;
});
afterAll(() => own.close());
beforeEach(async () => {
  app = new EdgeApp(engine, server);
  await app.pull();
  await app.ensure();
});
afterEach(() => app.remove());

describe('switching', () => {
  test('50 switches under load lose no request', async () => {
    const blue = [await app.start('v1', 'blue')];
    const green = [await app.start('v2', 'green'), await app.start('v2', 'green', 2)];
    await app.switch('v1', 'blue', blue);
    const load = startLoad(app.url);
    await load.answered('v1', 20);
    for (let round = 0; round < 25; round += 1) {
      await app.switch('v2', 'green', green);
      await load.answered('v2', 20);
      await app.switch('v1', 'blue', blue);
      await load.answered('v1', 20);
    }
    const { failures, requests } = await load.stop();
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(2000);
  });

  test('cycles of start, switch, drain and stop lose no request, slow ones neither', async () => {
    await app.switch('v0', 'blue', [await app.start('v0', 'blue')]);
    const load = startLoad(app.url);
    const slow = startLoad(`${app.url}slow?ms=700`);
    for (let version = 1; version <= 6; version += 1) {
      const [slot, other] = version % 2 === 1 ? (['green', 'blue'] as const) : (['blue', 'green'] as const);
      await app.switch(`v${version}`, slot, [await app.start(`v${version}`, slot)]);
      expect(await app.drain(other, 10_000)).toBe(0);
      await app.stop(`v${version - 1}`);
    }
    await load.answered('v6', 20);
    const results = await Promise.all([load.stop(), slow.stop()]);
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
  });

  test('what is done twice leaves the same state', async () => {
    const replicas = [await app.start('v1', 'green')];
    await app.switch('v1', 'green', replicas);
    const before = await engine.readFiles(await app.edge(), '/sealift');
    await app.switch('v1', 'green', replicas);
    expect(await engine.readFiles(await app.edge(), '/sealift')).toEqual(before);
    expect(readTraffic(before, app, undefined)).toEqual({ slot: 'green', release: 'v1' });
  });

  test('without a release the edge answers 503 by itself', async () => {
    expect(await ask(app.url)).toMatchObject({ status: 503, body: 'No release is running here yet.\n' });
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    expect(await ask(app.url)).toMatchObject({ status: 200 });
    await clearSlot(engine, await app.edge(), 'blue');
    expect(await ask(app.url)).toMatchObject({ status: 503 });
    expect(readTraffic(await engine.readFiles(await app.edge(), '/sealift'), app, undefined)).toBeUndefined();
  });
});

describe('draining', () => {
  const webSocket = async (): Promise<Socket> => {
    const socket = connectTcp(app.port, server.address);
    socket.write(
      'GET / HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [answer]: Buffer[] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 101 /);
    return socket;
  };

  test('counts long requests, event streams and WebSockets, and ends when they have', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    const slow = ask(`${app.url}slow?ms=2500`);
    const events = ask(`${app.url}events?count=20&ms=200`);
    const socket = await webSocket();
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    expect(await app.drain('blue', 600)).toBe(3);
    const drained = app.drain('blue', 20_000);
    expect((await slow).body).toContain('v1');
    expect((await events).body).toContain('data: v1 20');
    socket.end();
    expect(await drained).toBe(0);
  });
});

describe('requests', () => {
  test('arrive as they were sent, with who sent them', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
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

  test('may be large, and are not held back', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    const { body } = await ask(`${app.url}upload`, { method: 'POST', body: Buffer.alloc(64 * 1024 * 1024) });
    expect(JSON.parse(body)).toMatchObject({ bytes: 64 * 1024 * 1024 });
  });

  test('with small bodies wait for the end of these, then go where the traffic goes, and leave their connection in order', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    const v2 = await app.start('v2', 'green');
    const socket = connectTcp(app.port, server.address);
    let said = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    const answers = async (count: number): Promise<void> => {
      const whole = (): number => said.split('"version":"v2"').length - 1;
      while (whole() < count) await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    };
    const head = 'POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 1000\r\n\r\n';
    socket.write(`${head}${'x'.repeat(500)}`);
    await ask(app.url);
    await app.switch('v2', 'green', [v2]);
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

  test('may be HTTP/2 without TLS', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    const session = connectHttp2(app.url);
    const [headers] = await once(session.request({ ':path': '/' }), 'response');
    expect(headers).toMatchObject({ ':status': 200 });
    session.close();
  });

  test('pass a replica by that is gone, whatever their method', async () => {
    const replicas = [await app.start('v1', 'blue'), await app.start('v1', 'blue', 2)];
    await app.switch('v1', 'blue', replicas);
    await app.stop('v1', 2);
    const load = startLoad(app.url);
    await load.answered('v1', 200);
    expect((await load.stop()).failures).toEqual([]);
  });

  test('that find no container wait until the traffic goes elsewhere, whatever their method', async () => {
    const replicas = [await app.start('v1', 'blue')];
    await app.switch('v1', 'blue', replicas);
    const next = [await app.start('v2', 'green')];
    await app.stop('v1');
    const waiting = ['GET', 'POST'].map((method) =>
      ask(app.url, { method, ...(method === 'POST' ? { body: 'x'.repeat(1000) } : {}) }),
    );
    for (let look = 0; look < 20 && (await app.metrics()).inFlight.blue < waiting.length; look += 1);
    await app.switch('v2', 'green', next);
    for (const answer of await Promise.all(waiting))
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
  });

  test('that find none are told so within seconds', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue')]);
    await app.stop('v1');
    const asked = performance.now();
    const answer = await ask(app.url);
    console.log(`No container: answered after ${Math.round(performance.now() - asked)} ms.`);
    expect(answer).toMatchObject({
      status: 502,
      body: 'The release answers no requests: Bad Gateway.\n',
    });
  });

  test('that an app breaks off are not sent to it again', async () => {
    await app.switch('v1', 'blue', [await app.start('v1', 'blue', 1, { EXIT_AFTER_MS: '4000' })]);
    const asked = performance.now();
    expect(await ask(`${app.url}slow?ms=9000`)).toMatchObject({
      status: 502,
      body: 'The release answers no requests: Bad Gateway.\n',
    });
    expect(performance.now() - asked).toBeLessThan(6000);
  });
});

test('containers are asked from the edge, and their failures told', async () => {
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

describe('what befalls an edge', () => {
  test('killed, it comes back with the same traffic', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    const load = startLoad(app.url);
    await load.answered('v2', 20);
    await killFromOutside(await app.edge());
    await load.answered('v2', 100);
    expect([...(await load.stop()).answers.keys()]).toEqual(['v2']);
  });

  test('the engine restarted, it comes back with the same traffic', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    await server.engine.post(`/containers/${app.app}-v2-1/update`, {
      RestartPolicy: { Name: 'unless-stopped' },
    });
    await lab.run('engine-stop', server.name);
    await lab.run('engine-start', server.name);
    engine = await own.reopen();
    app.engine = engine;
    const load = startLoad(app.url);
    await load.answered('v2', 50);
    await load.stop();
    expect(readTraffic(await engine.readFiles(await app.edge(), '/sealift'), app, undefined)).toEqual({
      slot: 'green',
      release: 'v2',
    });
  });

  test('lost, it is made again from nothing but its volume', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    await removeEdge(engine, app);
    expect(await observeEdge(engine, app)).toEqual({ state: 'absent' });
    await app.ensure();
    expect(await ask(app.url)).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
  });

  test('lost, and made again where nothing has traffic, it leads nowhere, whatever its volume says', async () => {
    await app.switch('1', 'green', [await app.start('1', 'green')]);
    await removeEdge(engine, app);
    await app.ensureAnew();
    expect((await ask(app.url)).status).toBe(503);
    expect(await app.traffic()).toBeUndefined();
  });

  test('right already, it is left alone', async () => {
    expect(await app.ensure()).toBe(await app.edge());
  });

  test('with other ports it is replaced, and goes on', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    const other = app.port + 1000;
    await app.ensure({ published: [other] });
    expect(await ask(`http://${server.address}:${other}/`)).toMatchObject({ status: 200 });
    expect(await app.edges()).toEqual({ '-test-edge-2': 'running' });
    await app.ensure();
    expect(await ask(app.url)).toMatchObject({ status: 200 });
    expect(await app.edges()).toEqual({ '-test-edge': 'running' });
  });

  test('with ways in of other names it is replaced, and leads to the same release from its first answer on', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    const seen = new Set<number>();
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) {
        const answer = await ask(app.url).catch(() => undefined);
        if (answer !== undefined) seen.add(answer.status);
      }
    })();
    await app.ensure({ name: `${app.port}` }).finally(() => over.abort());
    await load;
    expect(await ask(app.url)).toMatchObject({ status: 200, body: expect.stringContaining('v2') });
    expect(seen).toEqual(new Set([200]));
  });

  test('a port that a container or a program holds is named, and the former edge runs on', async () => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
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

  test.each<[string, keyof Engine, number]>([
    ['why a port is taken can not be asked', 'listContainers', 2],
    ['the new edge can not be removed', 'removeContainer', 1],
  ])('the former edge runs on also where %s', async (_, method, from) => {
    await app.switch('v2', 'green', [await app.start('v2', 'green')]);
    app.engine = failing(engine, method, from);
    // A port that both have, so that the former edge is stopped, and one that is taken.
    const why = await failure(app.ensure({ published: [app.port, 22] }));
    app.engine = engine;
    expect(why.message).toMatch(/address already in use|port 22 is already taken/);
    expect((await ask(app.url)).status).toBe(200);
  });
});
