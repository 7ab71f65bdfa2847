import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ProxyAgent } from '../../src/run/proxy-agent.ts';
import { requestWeb, type WebAnswer, type WebRequest } from '../../src/run/web-request.ts';
import { type WebProxy, webProxy } from '../support/web-proxy.ts';

const VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
let before: Readonly<Record<string, string | undefined>>;
let server: Server;
let answer: RequestListener;
let proxy: WebProxy;

beforeEach(async () => {
  before = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
  for (const name of VARIABLES) delete process.env[name];
  answer = ({ method, url, headers }, response) =>
    response.end(
      `${method} ${url} of ${headers.host} ${headers['proxy-authorization'] ?? 'without a password'}`,
    );
  server = createServer((question, response) => answer(question, response));
  await listen(server);
  proxy = await webProxy({ 'shop.corp.test': `127.0.0.1:${portOf(server)}` });
});
afterEach(async () => {
  for (const [name, value] of Object.entries(before)) {
    delete process.env[name];
    if (value !== undefined) process.env[name] = value;
  }
  await proxy[Symbol.asyncDispose]();
  await close(server);
});

const listen = (to: Server | https.Server): Promise<void> =>
  new Promise((resolve) => to.listen(0, '127.0.0.1', resolve));
const close = (from: Server | https.Server): Promise<unknown> => {
  from.closeAllConnections();
  return new Promise((resolve) => from.close(resolve));
};
const portOf = (of: Server | https.Server): number => (of.address() as AddressInfo).port;
const ask = (
  url: string,
  changes: Partial<Pick<WebRequest, 'redirect' | 'signal'>> = {},
): Promise<WebAnswer> =>
  requestWeb(url, { headers: {}, redirect: 'follow', signal: AbortSignal.timeout(10_000), ...changes });

describe('a request of the runner', () => {
  test('goes through its proxy, which gets the whole URL and its password, and the host gets neither', async () => {
    process.env['http_proxy'] = proxy.url;
    const { status, body } = await ask('http://shop.corp.test:8080/up?a=b');
    expect([status, body]).toEqual([200, 'GET /up?a=b of shop.corp.test:8080 without a password']);
    expect(proxy.asked).toEqual(['GET http://shop.corp.test:8080/up?a=b']);
    expect([...proxy.credentials]).toEqual(['me:p@ss']);
  });

  test('goes directly where no_proxy names the host', async () => {
    process.env['http_proxy'] = proxy.url;
    process.env['no_proxy'] = 'corp.test';
    await expect(ask('http://shop.corp.test/up')).rejects.toThrow();
    const { body } = await ask(`http://127.0.0.1:${portOf(server)}/up`);
    expect(body).toMatch(/^GET \/up of 127\.0\.0\.1:/);
    expect(proxy.asked).toEqual([]);
  });

  test.each(['follow', 'manual'] as const)('to a proxy that leads to a redirect: %s', async (redirect) => {
    process.env['http_proxy'] = proxy.url;
    answer = ({ url }, response) =>
      url === '/up' ? response.writeHead(302, { location: '/in' }).end() : response.end('welcome');
    const { status, headers, body } = await ask('http://shop.corp.test/up', { redirect });
    if (redirect === 'manual') expect([status, headers.get('location')]).toEqual([302, '/in']);
    else expect([status, body]).toEqual([200, 'welcome']);
    expect(proxy.asked).toHaveLength(redirect === 'manual' ? 1 : 2);
  });

  test('is not redirected without end', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(ask(`http://127.0.0.1:${portOf(server)}/`)).rejects.toThrow('more than 20 redirects');
  });

  test('names a proxy that can not be reached, without its password', async () => {
    const { url } = proxy;
    await proxy[Symbol.asyncDispose]();
    process.env['https_proxy'] = url;
    const error = await ask('https://shop.corp.test/').catch((reason: unknown) => String(reason));
    expect(error).toMatch(/^Error: the proxy 127\.0\.0\.1:\d+ can't be reached: ECONNREFUSED$/);
  });

  test('says what a proxy answers that refuses to connect', async () => {
    await using refusing = await webProxy({}, { refuse: 407 });
    process.env['https_proxy'] = refusing.url;
    await expect(ask('https://shop.corp.test/')).rejects.toThrow(
      /^the proxy 127\.0\.0\.1:\d+ answered 407 when it was to connect to shop\.corp\.test:443$/,
    );
    process.env['http_proxy'] = refusing.url;
    expect((await ask('http://shop.corp.test/')).status).toBe(407);
  });

  test('ends with the reason of its signal', async () => {
    process.env['http_proxy'] = proxy.url;
    const job = new AbortController();
    answer = () => job.abort(new Error('The job was cancelled.'));
    await expect(ask('http://shop.corp.test/', { signal: job.signal })).rejects.toThrow(
      'The job was cancelled.',
    );
  });
});

describe('HTTPS through a proxy', () => {
  let folder: string;
  let secure: https.Server;
  let ca: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const subject = ['-subj', '/CN=x', '-addext', 'subjectAltName=DNS:shop.corp.test'];
    execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', ...subject, '-keyout', key, '-out', cert], {
      stdio: 'pipe',
    });
    ca = readFileSync(cert, 'utf8');
    secure = https.createServer({ cert: ca, key: readFileSync(key) }, ({ url }, response) =>
      response.end(`secret ${url}`),
    );
    await listen(secure);
  });
  afterAll(async () => {
    await close(secure);
    rmSync(folder, { recursive: true });
  });

  test('is a connection to the host, whose certificate is checked', async () => {
    await using tunnel = await webProxy({ 'shop.corp.test': `127.0.0.1:${portOf(secure)}` });
    const get = (host: string, options: https.AgentOptions): Promise<string> =>
      new Promise((resolve, reject) => {
        const agent = new ProxyAgent(new URL(tunnel.url), options);
        const request = https.get(
          { host, path: '/up', agent, headers: { connection: 'close' } },
          (response) => {
            response.on('data', (chunk) => resolve(String(chunk)));
          },
        );
        request.on('error', reject);
      });
    expect(await get('shop.corp.test', { ca })).toBe('secret /up');
    expect(tunnel.asked).toEqual(['CONNECT shop.corp.test:443']);
    expect([...tunnel.credentials]).toEqual(['me:p@ss']);
    await expect(get('shop.corp.test', {})).rejects.toThrow(/self-signed certificate/);
  });
});
