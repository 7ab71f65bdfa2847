/** The load finds what goes wrong: tried on the probe app without anything between, over loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Behaviour } from './apps/probe.ts';
import { type Group, plainCrowd } from './load/crowd.ts';
import { Expectations } from './load/expectations.ts';
import { startCrowd, startLoad } from './load/load.ts';
import { randomFrom } from './load/random.ts';
import { Tally } from './load/tally.ts';
import type { Kind } from './load/visitor.ts';
import { events } from './load/visitors/events.ts';
import { http2 } from './load/visitors/http2.ts';
import { download, upload } from './load/visitors/large.ts';
import { plainKinds } from './load/visitors/plain.ts';
import { slow, slowBody } from './load/visitors/slow.ts';
import { webSocket } from './load/visitors/websocket.ts';

const APP = join(import.meta.dirname, 'apps/probe/app.js');
const LONG_KINDS = [slow, slowBody, upload, download, events, webSocket].map((kind) => kind(3000));
const HTTP1_KINDS = [...plainKinds, ...LONG_KINDS];
const STREAMS = ['server-sent events', 'WebSocket'];
const SEED = 7;

let app: ChildProcess | undefined;
let server: Server | Http2Server | undefined;
afterEach(() => {
  app?.kill('SIGKILL');
  server?.close();
});

/** Starts the app; resolves with its address when it listens. */
async function probe(behaviour: Behaviour = {}, port?: number): Promise<string> {
  port ??= await freePort();
  const env = Object.entries({ VERSION: '1', ...behaviour, PORT: port }).map(([key, value]) => [
    key,
    String(value),
  ]);
  app = spawn(process.execPath, [APP], {
    env: Object.fromEntries(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const text of app.stdout ?? []) if (String(text).includes('listens')) break;
  return `http://127.0.0.1:${port}/`;
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const one = (kind: Kind, url: string, pause = 1): Group[] => [{ kind, place: { url }, visitors: 1, pause }];

const moment = (milliseconds = 10): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('each kind of visitor', () => {
  test('is answered', async () => {
    const place = { url: await probe() };
    const load = startCrowd(
      HTTP1_KINDS.map((kind) => ({ kind, place, visitors: 1, pause: 20 })),
      SEED,
    );
    load.expect('1');
    while (load.look().kinds.size < HTTP1_KINDS.length) await moment();
    const { failures, answers, requests, kinds } = await load.stop();
    expect(failures).toEqual([]);
    expect(answers.get('1')).toBe(requests);
    expect(new Set(kinds.keys())).toEqual(new Set(HTTP1_KINDS.map(({ name }) => name)));
  });

  test.each(HTTP1_KINDS)('$name: notices that the app is killed', async (kind) => {
    const url = await probe();
    const load = startCrowd(one(kind, url), SEED);
    const end = STREAMS.includes(kind.name) ? 'cut' : 'failed';
    // A stream that has not begun when the app ends has failed, not been cut: then once more, with more time to begin.
    for (let pause = 100; ; pause *= 2) {
      if (kind.quick) await load.answered('1');
      else await moment(pause);
      const { failed } = load.look();
      app?.kill('SIGKILL');
      while (load.look().failed === failed) await moment();
      if (load.look().ends[end] > 0) break;
      await probe({}, Number(new URL(url).port));
    }
    await load.stop();
  });

  test.each(HTTP1_KINDS.filter((kind) => kind.name !== 'WebSocket'))(
    '$name: tells an error of the app from an answer',
    async (kind) => {
      const load = startCrowd(one(kind, await probe({ ERROR_RATE: 100 })), SEED);
      while (load.look().requests === 0) await moment();
      const { ends, failures } = await load.stop();
      expect(ends).toMatchObject({ answered: 0, unanswered: 0, unexpected: 0, cut: 0 });
      expect(failures[0]?.why).toMatch(/release 1.*500|EPIPE|ECONNRESET/);
    },
  );
});

describe('HTTP/2', () => {
  async function listen(goAway: boolean): Promise<{ url: string; sessions: () => number }> {
    let sessions = 0;
    server = createHttp2Server();
    server.on('session', () => {
      sessions += 1;
    });
    let streams = 0;
    server.on('stream', (stream, headers) => {
      streams += 1;
      stream.respond({ ':status': 200, 'x-release': '1' });
      if (headers[':method'] === 'POST') stream.pipe(stream);
      else stream.end('hello');
      if (goAway && streams % 10 === 0) stream.session?.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { url: `http://127.0.0.1:${address.port}/`, sessions: () => sessions };
  }

  test('asks for several things in one session', async () => {
    const { url, sessions } = await listen(false);
    const load = startCrowd(one(http2, url), SEED);
    await load.answered('1', 40);
    expect(await load.stop()).toMatchObject({ failed: 0 });
    expect(sessions()).toBe(1);
  });

  test('goes on in another session when the other side says GOAWAY', async () => {
    const { url, sessions } = await listen(true);
    const load = startCrowd(one(http2, url), SEED);
    await load.answered('1', 100);
    expect(await load.stop()).toMatchObject({ failed: 0, failures: [] });
    expect(sessions()).toBeGreaterThan(3);
  });
});

describe('a request ends', () => {
  test('unexpected, when a release answers that should not', async () => {
    const load = startLoad(await probe());
    load.expect('2');
    while (load.look().requests < 10) await moment();
    const { ends, failures } = await load.stop();
    expect(ends).toMatchObject({ answered: 0, failed: 0 });
    expect(failures[0]?.why).toBe('release 1 answered; 2 should');
  });

  test('unanswered, when somebody answers who is no release', async () => {
    const holder = createServer((socket) =>
      // What is sent and not read would reset the connection, and with it the answer.
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\nnone'),
    );
    server = holder.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const load = startCrowd(plainCrowd({ url: `http://127.0.0.1:${address.port}/` }).slice(0, 2), SEED);
    while (load.look().requests < 10) await moment();
    const { ends, failures, requests } = await load.stop();
    expect(ends.unanswered).toBe(requests);
    expect(failures[0]?.why).toBe('status 502: none');
  });

  test('and a visitor who goes away in the middle of it takes nobody with him', async () => {
    const url = await probe();
    const leaving = request(new URL('/upload', url), { method: 'POST' }).on('error', () => undefined);
    leaving.write('half');
    const load = startLoad(url);
    await load.answered('1', 20);
    leaving.destroy();
    await load.answered('1', 100);
    expect(await load.stop()).toMatchObject({ failed: 0 });
  });

  test('counts the time in which nobody was answered', async () => {
    const url = await probe({ EXIT_AFTER_REQUESTS: 50 });
    const began = performance.now();
    const load = startLoad(url);
    await once(app ?? process, 'exit');
    const port = Number(new URL(url).port);
    app = spawn(process.execPath, [APP], { env: { VERSION: '2', PORT: String(port) }, stdio: 'ignore' });
    await load.answered('2', 10);
    const result = await load.stop();
    expect(result.down).toBeGreaterThan(20);
    // From the first failure on: it may come before the app is known to have ended.
    const sinceFailure = performance.now() - began - (result.failures[0]?.at ?? 0);
    expect(result.down).toBeLessThanOrEqual(Math.ceil(sinceFailure));
  });
});

test('nobody is answered from a failure to the next answer, or to the end', () => {
  const tally = new Tally();
  const visit = { kind: 'GET', quick: true, release: undefined, why: '' };
  const ends = ['answered', 'failed', 'unanswered', 'answered', 'failed', 'failed'] as const;
  for (const [at, end] of ends.entries()) tally.add({ ...visit, end, from: at * 10, to: at * 10 + 5 });
  expect(tally.result(SEED).down).toBe(20 + 10);
});

describe('which release may answer', () => {
  const expectations = new Expectations();
  expectations.expect(['1'], 100);
  expectations.expect(['1', '2'], 200);
  expectations.expect(['2'], 300);
  test.each([
    ['before anything was said: any', '9', 50, 120, true],
    ['the only one', '1', 110, 120, true],
    ['the new one before the move', '2', 110, 120, false],
    ['either during the move', '1', 210, 220, true],
    ['the new one for who asked before the move and was answered in it', '2', 110, 220, true],
    ['the old one for who asked in the move and was answered after it', '1', 290, 900, true],
    ['the old one after the move', '1', 301, 310, false],
    ['the new one after the move', '2', 301, 310, true],
  ])('%s', (_, release, from, chosen, right) => {
    expect(expectations.complaint(release, from, chosen) === undefined).toBe(right);
  });
});

test('chance is the same with the same seed', () => {
  const draw = (seed: number): string => randomFrom(seed).text(32);
  expect(draw(1)).toBe(draw(1));
  expect(draw(1)).not.toBe(draw(2));
});
