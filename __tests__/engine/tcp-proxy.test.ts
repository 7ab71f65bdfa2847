import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { startHeartbeat } from '../../src/engine/heartbeat.ts';
import { tcpAgent, tcpTransport } from '../../src/engine/transports.ts';
import type { TlsAccess } from '../../src/model/access.ts';
import { hostName } from '../support/identifiers.ts';
import { until } from '../support/patience.ts';
import { webProxy } from '../support/web-proxy.ts';
import { failure } from './step-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tcp-proxy-'));
const HOST = 'engine.corp.test';
const address = { kind: 'tcp', name: hostName(`tcp://${HOST}:2376`), hostname: HOST, port: 2376 } as const;
const VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'];
const before = VARIABLES.map((name) => [name, process.env[name]] as const);

let tls: TlsAccess;
let server: Server;
beforeAll(() => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const subject = ['-subj', '/CN=x', '-addext', `subjectAltName=DNS:${HOST}`];
  execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  tls = { ca: readFileSync(cert, 'utf8'), cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  for (const name of VARIABLES) delete process.env[name];
  server = createServer({ cert: tls.cert, key: tls.key }, (_, response) => response.end('{"Version":"28"}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const [name, value] of before) {
    delete process.env[name];
    if (value !== undefined) process.env[name] = value;
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const there = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

test('an engine over TCP is reached through the proxy of the runner, and its heartbeat too', async () => {
  await using proxy = await webProxy({ [HOST]: there() });
  process.env['https_proxy'] = proxy.url;
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  expect(await client.callJson('ask', 'GET', '/version')).toEqual({ Version: '28' });
  expect(proxy.asked).toEqual([`CONNECT ${HOST}:2376`]);
  const options = { host: HOST, port: 2376, ...tls, agent: tcpAgent(address, {}) };
  const stop = startHeartbeat(client, options, { interval: 20, patience: 60_000 });
  try {
    await until('a heartbeat', () => proxy.asked.length > 1);
  } finally {
    stop();
  }
});

test('a proxy that refuses is named, with the way out', async () => {
  await using proxy = await webProxy({}, { refuse: 403 });
  process.env['https_proxy'] = proxy.url;
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const { message } = await failure(client.callJson('ask', 'GET', '/version'));
  expect(message).toMatch(
    /the proxy 127\.0\.0\.1:\d+ answered 403 when it was to connect to engine\.corp\.test:2376\. It is named in https_proxy; if this runner reaches engine\.corp\.test without a proxy, name that in no_proxy\./,
  );
});

test('an engine that no_proxy names is reached directly', async () => {
  await using proxy = await webProxy({ [HOST]: there() });
  process.env['https_proxy'] = proxy.url;
  process.env['no_proxy'] = 'corp.test';
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  await failure(client.callJson('ask', 'GET', '/version'));
  expect(proxy.asked).toEqual([]);
});
