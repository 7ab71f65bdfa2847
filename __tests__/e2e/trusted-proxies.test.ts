/** Proxies in front of the edge: those that are trusted say who the visitor is, and nobody else does. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setDomains } from '../../src/edge/domains.ts';
import { ensureFront, FRONT_CONTAINER } from '../../src/edge/front.ts';
import { placeOf } from '../support/domain.ts';
import { EDGE_IMAGE, EdgeApp, removeFront } from '../support/edge-app.ts';
import { addressSeenBy, ask } from '../support/http.ts';
import { releaseId } from '../support/identifiers.ts';
import { labWith, serverOf } from '../support/lab.ts';
import { type OwnEngine, ownEngine } from '../support/own-engine.ts';
import { patience } from '../support/patience.ts';

const lab = await labWith(1);
const server = serverOf(lab);
const acme = { directory: lab.acme.directory, email: undefined, ca: lab.acme.root };

let own: OwnEngine;
let app: EdgeApp;
let domain = '';
/** This machine, as the server sees it. */
let proxy = '';

beforeAll(async () => {
  own = await ownEngine(lab, server);
  app = new EdgeApp(own.engine, server);
  domain = `${app.app}.${server.domain}`;
  await app.pull();
  await ensureFront(own.engine, app, EDGE_IMAGE, acme);
  await app.ensure({ socket: true });
  await app.switch(releaseId('v1'), 'blue', [await app.start('v1', 'blue')]);
  await setDomains(own.engine, FRONT_CONTAINER, app, new Map([[domain, 'web-3000']]));
  proxy = await addressSeenBy(server.address, Number(new URL(app.url).port));
  expect(await headers('port')).toMatchObject({ 'x-forwarded-for': proxy });
});
afterAll(async () => {
  await setDomains(own.engine, FRONT_CONTAINER, app, new Map());
  await app.remove();
  await removeFront(own.engine, server);
  await own.close();
});

interface Headers {
  readonly [name: string]: string;
}

/** What reaches the app of a request with these headers, at the published port or at the domain. */
async function headers(way: string, sent: Headers = {}): Promise<Headers> {
  const { url, connect } = placeOf(lab, server, domain);
  const { body } =
    way === 'port'
      ? await ask(`${app.url}headers`, { headers: sent, host: domain })
      : await ask(`${url}headers`, { headers: sent, connect });
  return JSON.parse(body);
}

const CLAIMS = {
  'x-forwarded-for': '6.6.6.6, 203.0.113.7',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'shop.example.com',
  'x-forwarded-port': '8443',
  'x-real-ip': '203.0.113.7',
  forwarded: 'for=203.0.113.7',
};

test.each([
  ['port', 'http'],
  ['domain', 'https'],
])('at a %s, what a visitor claims is discarded', async (way, scheme) => {
  await app.ensure({ socket: true, trustedProxies: { ranges: ['192.0.2.0/24'], proxyProtocol: false } });
  const forged = { ...CLAIMS, 'sealift-claimed-x-forwarded-for': '6.6.6.6' };
  expect(await headers(way, forged)).toEqual({
    ...{ host: domain, 'x-forwarded-for': proxy, 'x-forwarded-proto': scheme, 'x-forwarded-host': domain },
  });
});

test.each(['port', 'domain'])(
  'at a %s, a trusted proxy says who the visitor is: address, scheme, host and port; what the visitor claims to it is not believed',
  async (way) => {
    const ranges = ['192.0.2.0/24', `${proxy}/32`];
    await app.ensure({ socket: true, trustedProxies: { ranges, proxyProtocol: false } });
    expect(await headers(way, CLAIMS)).toEqual({
      ...CLAIMS,
      host: domain,
      'x-forwarded-for': '203.0.113.7',
    });
    // Another trusted one before it.
    expect(await headers(way, { 'x-forwarded-for': '203.0.113.8, 192.0.2.9' })).toMatchObject({
      'x-forwarded-for': '203.0.113.8',
    });
    // A check of the proxy's own.
    expect(await headers(way)).toMatchObject({ 'x-forwarded-for': expect.stringContaining(proxy) });
  },
);

test('a WebSocket through a trusted proxy comes with the address of its visitor', async () => {
  await app.ensure({ trustedProxies: { ranges: [`${proxy}/32`], proxyProtocol: false } });
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const said = await speak(
    ['GET / HTTP/1.1', 'Host: app', ...upgrade, key, 'X-Forwarded-For: 203.0.113.7', '', ''].join('\r\n'),
    /\r\n\r\n/,
  );
  expect(said).toMatch(/^HTTP\/1.1 101 [\s\S]*x-visitor: 203\.0\.113\.7\r\n/i);
});

/** Sends bytes to the published port, and reads until something came. */
async function speak(text: string, until: RegExp): Promise<string> {
  const socket = connect(app.port, server.address);
  let said = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  socket.write(text);
  while (!until.test(said)) await once(socket, 'data', { signal: AbortSignal.timeout(patience(100)) });
  socket.destroy();
  return said;
}

test.each([
  ['a trusted proxy says by the PROXY protocol who the visitor is', true],
  ['the PROXY protocol of anybody else is not believed', false],
])('%s', async (_, trusted) => {
  const ranges = [trusted ? `${proxy}/32` : '192.0.2.0/24'];
  await app.ensure({ trustedProxies: { ranges, proxyProtocol: true } });
  const request =
    'GET /headers HTTP/1.1\r\nHost: app\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Port: 1\r\nConnection: close\r\n\r\n';
  const said = await speak(`PROXY TCP4 203.0.113.7 192.0.2.1 40000 80\r\n${request}`, /\}/);
  expect(JSON.parse(said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1))).toEqual({
    ...{ host: 'app', 'x-forwarded-host': 'app', 'x-forwarded-proto': 'http' },
    'x-forwarded-for': trusted ? '203.0.113.7' : proxy,
  });
});
