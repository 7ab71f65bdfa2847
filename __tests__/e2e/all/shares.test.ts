import { releaseId } from '../../support/identifiers.ts';
/** Two releases that share the traffic: who meets which, who stays, and who may choose. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { setDomains } from '../../../src/edge/domains.ts';
import { ensureFront, FRONT_CONTAINER } from '../../../src/edge/front.ts';
import { statsSince } from '../../../src/edge/metrics.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { SLOTS, type Slot } from '../../../src/model/app-environment.ts';
import { Browser, cookieOf } from '../../support/browser.ts';
import { placeOf } from '../../support/domain.ts';
import { EDGE_IMAGE, type EdgeApp, EdgeApps, removeFront, say } from '../../support/edge-app.ts';
import { type Answer, ask } from '../../support/http.ts';
import { labWith, uniquePort } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { patience } from '../../support/patience.ts';
import { times } from '../../support/times.ts';

const lab = await labWith(1);
const apps = new EdgeApps(lab);
const { server } = apps;
const OLD = releaseId('0d000000');
const NEW = releaseId('2e000000');

let engine: Engine;
let app: EdgeApp;
beforeEach(() => {
  ({ engine, app } = apps);
});

const twoReleases = (slot: Slot) => app.twoReleases({ old: OLD, canary: NEW, slot });

const versionIn = ({ body }: Answer): string => JSON.parse(body).version;
describe.each(SLOTS)('a canary in %s', (slot) => {
  test('a canary gets its share of new visitors, who stay; nobody who met it is led back as the share rises, and none gets a cookie before or after', async () => {
    await app.ensure({ also: [uniquePort()] });
    const { old, canary } = await twoReleases(slot);
    expect(cookieOf(await ask(app.url))).toBeUndefined();

    const visitors = Array.from({ length: 400 }, () => new Browser());
    for (const share of [0.05, 0.25, 0.6, 0.95]) {
      await app.divide(share, canary, old);
      expect(await app.traffic(OLD)).toEqual({ slot: old.slot, release: OLD, splitWith: NEW });
      await times(visitors.length, (index) => visitors[index]?.visit(app.url) ?? Promise.reject());
      const there = visitors.filter(({ met }) => met.at(-1) === NEW).length / visitors.length;
      // Five standard deviations: chance does it once in two million runs.
      expect(Math.abs(there - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / visitors.length));
    }
    await app.switch(NEW, slot, canary.replicas);
    await times(visitors.length, (index) => visitors[index]?.visit(app.url) ?? Promise.reject());
    expect(visitors.filter(({ met }) => met.at(-1) !== NEW)).toEqual([]);
    const flips = visitors.filter(({ met }) => met.lastIndexOf(OLD) > met.indexOf(NEW));
    expect(flips).toEqual([]);
    expect(cookieOf(await ask(app.url))).toBeUndefined();
    expect(await app.traffic(OLD)).toEqual({ slot, release: NEW });
  });

  test('a canary is met by who asks for it, by header or cookie, and not by who asks for the old one', async () => {
    await app.ensure();
    const { old, canary } = await twoReleases(slot);
    const chosen = async (choice: string): Promise<readonly Answer[]> => [
      ...(await times(20, () => ask(app.url, { headers: { 'sealift-release': choice } }))),
      ...(await times(20, () =>
        ask(app.url, { headers: { cookie: `a=b; sealift-release-${app.app}-test=${choice}; c=d` } }),
      )),
    ];
    await app.divide(0.5, canary, old);
    for (const [choice, version] of [
      ['new', NEW],
      [NEW, NEW],
      ['old', OLD],
      [OLD, OLD],
    ] as const) {
      const answers = await chosen(choice);
      expect(new Set(answers.map(versionIn))).toEqual(new Set([version]));
      // He who chose is no visitor to be kept.
      expect(answers.map(cookieOf)).toEqual(Array(40).fill(undefined));
    }
    for (const choice of [
      '12345678',
      'green',
      '',
      '{http.vars.green}',
      '{file./sealift/edge/green.release}',
      'new\u0009',
    ])
      expect(new Set((await chosen(choice)).map(versionIn))).toEqual(new Set([OLD, NEW]));
    // The header holds over the cookie.
    const both = { 'sealift-release': 'old', cookie: `sealift-release-${app.app}-test=new` };
    expect(versionIn(await ask(app.url, { headers: both }))).toBe(OLD);
    await app.switch(OLD, old.slot, old.replicas);
    expect(new Set((await chosen('new')).map(versionIn))).toEqual(new Set([OLD]));
  });
});

test('a visitor meets the canary or does not, whichever slot it stands in: hosts behind a balancer decide alike', async () => {
  await app.ensure();
  const cookies = Array.from({ length: 400 }, () => `rel_${app.app}-test=${randomBytes(4).toString('hex')}`);
  const decide = async (slot: Slot): Promise<readonly boolean[]> => {
    const { old, canary } = await twoReleases(slot);
    await app.divide(0.2, canary, old);
    return times(cookies.length, async (index) => {
      const answer = await ask(app.url, { headers: { cookie: cookies[index] ?? '' } });
      expect(cookieOf(answer)).toBeUndefined();
      return versionIn(answer) === NEW;
    });
  };
  const inBlue = await decide('blue');
  expect(await decide('green')).toEqual(inBlue);
  const share = inBlue.filter(Boolean).length / cookies.length;
  expect(Math.abs(share - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / cookies.length));
});

test('a visitor of two ports is one visitor', async () => {
  const port = uniquePort();
  await app.ensure({ also: [port] });
  const { old, canary } = await twoReleases('green');
  await app.divide(0.5, canary, old);
  const visitors = await times(60, async (index) => {
    const visitor = new Browser();
    const urls = [app.url, `http://${server.address}:${port}/`];
    for (let visit = 0; visit < 6; visit += 1) await visitor.visit(urls[(index + visit) % 2] ?? app.url);
    return new Set(visitor.met);
  });
  expect(visitors.map(({ size }) => size)).toEqual(Array(60).fill(1));
  expect(new Set(visitors.flatMap((met) => [...met]))).toEqual(new Set([OLD, NEW]));
});

test('a visitor of a domain stays too; his cookie is for HTTPS only where nothing else leads to the app', async () => {
  const domain = `${app.app}.${server.domain}`;
  const { url, connect } = placeOf(lab, server, domain);
  const acme = { directory: lab.acme.directory, email: undefined, ca: lab.acme.root };
  await ensureFront(engine, app, EDGE_IMAGE, acme);
  try {
    await app.ensure({ published: [], socket: true });
    const { old, canary } = await twoReleases('blue');
    await setDomains(engine, FRONT_CONTAINER, app, new Map([[domain, 'web-3000']]));
    await app.divide(0.5, canary, old);
    const visit = async (cookie?: string): Promise<{ version: string; set: string | undefined }> => {
      const answer = await ask(url, { connect, headers: cookie === undefined ? {} : { cookie } });
      return { version: versionIn(answer), set: answer.headers['set-cookie']?.[0] };
    };
    for (let visitor = 0; visitor < 8; visitor += 1) {
      const first = await visit();
      expect(first.set).toMatch(
        new RegExp(
          `^rel_${app.app}-test=[0-9a-f]{8}; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure\\s*$`,
        ),
      );
      const again = await visit(first.set?.split(';')[0]);
      expect(again).toEqual({ version: first.version, set: undefined });
    }
    await app.ensure({ published: [app.port], socket: true });
    expect((await visit()).set).not.toContain('Secure');
  } finally {
    await setDomains(engine, FRONT_CONTAINER, app, new Map());
    await removeFront(engine, server);
  }
});

describe('a slot with replicas of two releases', () => {
  test('a slot with replicas of two releases gives each its part of the requests, sets no cookie, and is found as what it is', async () => {
    await app.ensure();
    const name = (release: string, number: number): string => `test-${release}-web-${number}`;
    const start = (release: string, number: number, slot: Slot): Promise<string> =>
      app.start(name(release, number), slot, 1);
    const old = [await start(OLD, 2, 'blue'), await start(OLD, 3, 'blue')];
    const fresh = [await start(NEW, 1, 'green')];
    await app.switch(OLD, 'blue', [...old, ...fresh]);
    expect(await app.traffic(OLD)).toEqual({ slot: 'blue', release: OLD, splitWith: NEW });
    const answers = await times(240, () => ask(app.url));
    expect(answers.map(cookieOf)).toEqual(Array(240).fill(undefined));
    const of = (release: string): number =>
      answers.filter((answer) => versionIn(answer).includes(release)).length;
    expect(of(OLD) + of(NEW)).toBe(240);
    expect(Math.abs(of(NEW) - 80)).toBeLessThan(8);
  });
});

describe('draining some replicas', () => {
  test('a WebSocket stays on the old release through a switch, until it ends or its container does', async () => {
    await app.ensure();
    const one = await app.start('v1', 'blue');
    await app.switch(releaseId('v1'), 'blue', [one]);
    const socket = await app.webSocket();
    await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
    expect(versionIn(await ask(app.url))).toBe('v2');
    expect(await say(socket, 'who')).toBe('v1:who');
    expect(await app.drainContainers([one], 1500)).toBe(1);
    expect(await say(socket, 'who')).toBe('v1:who');
    const closed = once(socket, 'close');
    socket.resume();
    await app.stop('v1');
    await closed;
    expect(await app.drainContainers([one], patience(1000))).toBe(0);
  });

  test('a large upload and a large download are finished by the release that began them', async () => {
    await app.ensure();
    const one = await app.start('v1', 'blue');
    await app.switch(releaseId('v1'), 'blue', [one]);
    const socket = connectTcp(app.port, server.address);
    const size = 8 * 1024 * 1024;
    socket.write(
      `POST /upload HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(size / 2));
    await app.inFlight('blue', 1);
    const load = startLoad(app.url);
    await load.answered('v1', 20);
    await app.switch(releaseId('v2'), 'green', [await app.start('v2', 'green')]);
    await load.answered('v2', 20);
    expect(await app.drainContainers([one], 1500)).toBe(1);
    const drained = app.drainContainers([one], patience(1000));
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece: string) => {
      answer += piece;
    });
    const ended = once(socket, 'end');
    socket.write(Buffer.alloc(size / 2));
    await ended;
    expect(answer).toContain('"version":"v1"');
    expect(answer).toContain(`"bytes":${size}`);
    expect(await drained).toBe(0);
    expect((await load.stop()).failures).toEqual([]);
  });
});

describe('what is counted', () => {
  test('what is counted begins at nothing when the edge is started anew, which is told from its start, however much it counts by then', async () => {
    await app.ensure();
    await twoReleases('green');
    await ask(app.url);
    const before = await app.metrics();
    expect((await app.metrics()).startTicks).toBe(before.startTicks);
    const edge = await app.edge();
    await app.engine.stopContainer(edge);
    await app.engine.startContainer(edge);
    await app.ensure();
    for (let count = 0; count < 3; count += 1) await ask(app.url);
    const after = await app.metrics();
    expect(after.startTicks).not.toBe(before.startTicks);
    expect(statsSince(before, after, 'blue')).toMatchObject({ count: 3 });
  });
});
