import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunProgram } from '../../src/model/step-context.ts';
import { RegistryClient } from '../../src/registry/registry-client.ts';
import { webProxy } from '../support/web-proxy.ts';
import { basicOf, pushImage, type TestRegistry, testRegistry, USER } from './support/test-registry.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
});
afterEach(() => rm(folder, { recursive: true }));

const noProgram: RunProgram = (program) => Promise.reject(new Error(`${program} was started`));

/** A client whose configuration of docker has these logins. */
async function clientWith(
  auths: Readonly<Record<string, object>>,
  variables: Readonly<Record<string, string>> = {},
): Promise<RegistryClient> {
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
  const environment = { DOCKER_CONFIG: folder, HOME: folder, ...variables };
  return RegistryClient.of({ environment, run: noProgram });
}

const read = (
  client: RegistryClient,
  registry: string,
  target: string,
  actions: 'pull' | 'pull,push' = 'pull',
) =>
  client.request({ registry, path: 'me/shop', actions }, target, {
    ...{ method: 'GET', headers: {}, signal: undefined },
  });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function withImage(authentication: 'none' | 'basic' | 'bearer' | 'negotiate'): Promise<TestRegistry> {
  const registry = await testRegistry({ authentication });
  pushImage(registry, 'me/shop', 'v1', ['linux/amd64']);
  return registry;
}

describe('a registry that gives tokens', () => {
  test('is asked for one, with the login and the scope, for all requests side by side on kept connections', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({ [registry.host]: { auth: basicOf(USER) } });
    await client.checkLogin(registry.host, undefined);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => read(client, registry.host, 'manifests/v1')),
    );
    for (let index = 0; index < 3; index += 1) await read(client, registry.host, 'manifests/v1');
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(registry.tokenRequests).toEqual([
      { service: 'registry', account: 'me' },
      { service: 'registry', account: 'me', scope: 'repository:me/shop:pull' },
    ]);
    // One more than those side by side: an attempt with TLS.
    expect(registry.connections()).toBeLessThanOrEqual(5);
  });

  test('gives one to nobody in particular, too', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({});
    expect((await read(client, registry.host, 'manifests/v1')).status).toBe(200);
    expect(registry.tokenRequests).toEqual([{ service: 'registry', scope: 'repository:me/shop:pull' }]);
    expect(registry.seen).toContain('GET /token');
  });

  test('gets another scope for a push', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({});
    await read(client, registry.host, 'manifests/v1');
    await read(client, registry.host, 'manifests/v1', 'pull,push');
    expect(registry.tokenRequests.map(({ scope }) => scope)).toEqual([
      'repository:me/shop:pull',
      'repository:me/shop:pull,push',
    ]);
  });

  test('is asked for a new one when it does not accept the old one any more', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({});
    await read(client, registry.host, 'manifests/v1');
    registry.expireTokens();
    expect((await read(client, registry.host, 'manifests/v1')).status).toBe(200);
    expect(registry.tokenRequests).toHaveLength(2);
  });

  test('gets an identity token in a form, not in the URL', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({ [registry.host]: { identitytoken: 'id' } });
    await read(client, registry.host, 'manifests/v1');
    expect(registry.seen).toContain('POST /token');
    expect(registry.tokenRequests[0]).toMatchObject({ grant_type: 'refresh_token', refresh_token: 'id' });
  });

  test('refuses a wrong login, which is said at once', async () => {
    await using registry = await withImage('bearer');
    const client = await clientWith({ [registry.host]: { auth: basicOf({ ...USER, password: 'x' }) } });
    expect(await failureOf(client.checkLogin(registry.host, undefined))).toMatchObject({
      failure: { kind: 'denied' },
      message: '401 Unauthorized: UNAUTHORIZED',
    });
  });
});

describe('a registry that wants a password', () => {
  test('gets it with each request, and no other registry does', async () => {
    await using registry = await withImage('basic');
    await using other = await withImage('basic');
    const client = await clientWith({ [registry.host]: { auth: basicOf(USER) } });
    await client.checkLogin(registry.host, undefined);
    expect((await read(client, registry.host, 'manifests/v1')).status).toBe(200);
    expect(registry.seen).toEqual(['GET /v2/', 'GET /v2/ as me', 'GET /v2/me/shop/manifests/v1 as me']);
    expect(await failureOf(read(client, other.host, 'manifests/v1'))).toMatchObject({
      failure: { kind: 'denied' },
    });
    expect(other.seen.join()).not.toContain(' as ');
  });

  test('refuses a wrong one', async () => {
    await using registry = await withImage('basic');
    const client = await clientWith({ [registry.host]: { auth: basicOf({ ...USER, password: 'x' }) } });
    expect(await failureOf(client.checkLogin(registry.host, undefined))).toMatchObject({
      failure: { kind: 'denied' },
      message: '401 Unauthorized: UNAUTHORIZED: authentication required',
    });
  });
});

test('a registry that wants another kind of authentication is left to docker', async () => {
  await using registry = await withImage('negotiate');
  const client = await clientWith({});
  expect(await failureOf(read(client, registry.host, 'manifests/v1'))).toMatchObject({
    failure: { kind: 'unsupported' },
    message: 'it wants negotiate authentication',
  });
});

test.each([
  [403, {}, { kind: 'denied' }],
  [400, {}, { kind: 'failed' }],
  [500, {}, { kind: 'temporary' }],
  [408, {}, { kind: 'temporary' }],
  [503, { 'retry-after': '7' }, { kind: 'temporary', wait: 7000 }],
  [429, { 'retry-after': '3' }, { kind: 'temporary', wait: 3000 }],
])('the answer %d %j', async (status, headers, failure) => {
  await using registry = await withImage('none');
  registry.intercept = ({ url = '' }) => (url === '/v2/' ? undefined : { status, headers, body: '<html>' });
  const client = await clientWith({});
  expect(await failureOf(read(client, registry.host, 'manifests/v1'))).toMatchObject({ failure });
});

test('what is not there is an answer', async () => {
  await using registry = await withImage('none');
  const client = await clientWith({});
  expect((await read(client, registry.host, 'manifests/v2')).status).toBe(404);
});

test('a registry that nobody answers for may soon be there', async () => {
  const client = await clientWith({});
  expect(await failureOf(read(client, '127.0.0.1:1', 'manifests/v1'))).toMatchObject({
    failure: { kind: 'temporary' },
    message: expect.stringMatching(/^127\.0\.0\.1:1: .*ECONNREFUSED/),
  });
});

test('a registry that failed at its entrance is asked again', async () => {
  await using registry = await withImage('none');
  registry.intercept = () => ({ status: 502 });
  const client = await clientWith({});
  expect(await failureOf(read(client, registry.host, 'manifests/v1'))).toMatchObject({
    failure: { kind: 'temporary' },
  });
  registry.intercept = () => undefined;
  expect((await read(client, registry.host, 'manifests/v1')).status).toBe(200);
});

test('the storage to which a registry sends readers gets no authorization', async () => {
  await using registry = await withImage('basic');
  await using storage = await testRegistry();
  storage.intercept = () => ({ status: 200, body: 'blob' });
  registry.intercept = ({ url = '' }) =>
    url.includes('/blobs/')
      ? { status: 307, headers: { location: `http://${storage.host}/blob?signature=x` } }
      : undefined;
  const client = await clientWith({ [registry.host]: { auth: basicOf(USER) } });
  const { body } = await read(client, registry.host, 'blobs/sha256:1');
  expect(body.toString()).toBe('blob');
  expect(storage.seen).toEqual(['GET /blob']);
});

describe('a registry behind the proxy of the runner', () => {
  const NAME = 'registry.corp.test';

  async function certificates() {
    const path = (name: string): string => join(folder, name);
    const subject = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      path('key.pem'),
    ];
    execFileSync('openssl', ['req', '-x509', ...key, '-out', path('cert.pem'), '-days', '2', ...subject], {
      stdio: 'ignore',
    });
    const [keyFile, cert] = await Promise.all([readFile(path('key.pem')), readFile(path('cert.pem'))]);
    return { key: keyFile, cert, path: path('cert.pem') };
  }

  test('is reached through it, with the authorities of the system', async () => {
    const tls = await certificates();
    await using registry = await testRegistry({ authentication: 'bearer', tls, name: NAME });
    pushImage(registry, 'me/shop', 'v1', ['linux/amd64']);
    await using proxy = await webProxy({ [NAME]: registry.host });
    const variables = { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: tls.path };
    const client = await clientWith({}, variables);
    for (let index = 0; index < 3; index += 1)
      expect((await read(client, NAME, 'manifests/v1')).status).toBe(200);
    expect(proxy.asked).toEqual([`CONNECT ${NAME}:443`]);
  });

  test('is left to docker if its certificate is from an authority that nobody knows', async () => {
    const tls = await certificates();
    await using registry = await testRegistry({ tls, name: NAME });
    await using proxy = await webProxy({ [NAME]: registry.host });
    const client = await clientWith({}, { HTTPS_PROXY: proxy.url });
    expect(await failureOf(read(client, NAME, 'manifests/v1'))).toMatchObject({
      failure: { kind: 'unsupported' },
    });
  });

  test.each([true, false])(
    'speaks plain HTTP only if the engine of the runner allows it: %s',
    async (allowed) => {
      await using registry = await withImage('none');
      await using proxy = await webProxy({ [NAME]: registry.host });
      const engine = createServer((_, answer) =>
        answer.end(JSON.stringify({ RegistryConfig: { IndexConfigs: { [NAME]: { Secure: !allowed } } } })),
      );
      const socket = join(folder, 'engine');
      await new Promise<void>((resolve) => engine.listen(socket, resolve));
      const variables = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, DOCKER_HOST: `unix://${socket}` };
      const client = await clientWith({}, variables);
      try {
        const answer = await failureOf(read(client, NAME, 'manifests/v1'));
        expect(answer).toEqual(
          allowed ? undefined : expect.objectContaining({ failure: { kind: 'plain-http' } }),
        );
        expect(registry.seen.length).toBe(allowed ? 2 : 0);
      } finally {
        await new Promise((resolve) => engine.close(resolve));
      }
    },
  );
});
