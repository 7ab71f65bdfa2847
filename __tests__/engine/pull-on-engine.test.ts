import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import type { LayerProgress } from '../../src/engine/engine.ts';
import { PullRefused, PullStalled } from '../../src/engine/errors.ts';
import { pullOnEngine } from '../../src/engine/pull-on-engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';
import { failure, makeStepContext, type TestStepContext } from './step-context.ts';

let step: TestStepContext;
let server: Server;
let client: EngineClient;
let asked: IncomingMessage[];

async function listen(answer: RequestListener): Promise<void> {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  const socketPath = join(step.folder, 'socket');
  server.listen(socketPath);
  await once(server, 'listening');
  client = new EngineClient(hostName('unix:///test'), {
    agent: new Agent({ keepAlive: true }),
    address: { socketPath },
    explainError: (error) => `broken (${error.code})`,
  });
}

beforeEach(async () => {
  step = await makeStepContext();
});

afterEach(async () => {
  client.disconnect(new HostError(client.host, 'end of test'));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await step.remove();
});

const json = (...lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\r\n`).join('');

test('a pull sends the login in a header and reports each layer while it comes', async () => {
  const seen: LayerProgress[] = [];
  const first = Promise.withResolvers<void>();
  await listen(async (_, response) => {
    response.write(json({ status: 'Pulling from me/shop', id: 'v1' }));
    await first.promise;
    const progressDetail = { current: 12, total: 90 };
    response.end(
      json({ status: 'Downloading', progressDetail, id: 'aaaaaaaaaaaa' }, { status: 'Digest: sha256:1' }),
    );
  });
  await pullOnEngine(client, 'reg.example.com:5000/me/shop:v1', {
    platform: 'linux/arm64',
    login: { username: 'me', password: 'ü>?' },
    onProgress(progress) {
      seen.push(progress);
      first.resolve();
    },
  });
  expect(seen).toEqual([
    { id: 'v1', state: 'Pulling from me/shop', bytes: 0 },
    { id: 'aaaaaaaaaaaa', state: 'Downloading', bytes: 12 },
  ]);
  const { method, url = '', headers } = asked[0] ?? {};
  expect(method).toBe('POST');
  expect(Object.fromEntries(new URL(url, 'http://engine').searchParams)).toEqual({
    fromImage: 'reg.example.com:5000/me/shop',
    tag: 'v1',
    platform: 'linux/arm64',
  });
  const header = String(headers?.['x-registry-auth']);
  // With its padding: Go refuses it without.
  expect(header).toMatch(/^(?:[\w-]{4})+[\w-]{3}=$/);
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    username: 'me',
    password: 'ü>?',
  });
});

test.each([
  [`me/shop@sha256:${'1'.repeat(64)}`, 'me/shop', `sha256:${'1'.repeat(64)}`],
  [`me/shop:v1@sha256:${'1'.repeat(64)}`, 'me/shop', `sha256:${'1'.repeat(64)}`],
  ['redis', 'redis', 'latest'],
])('of %s asks for one image', async (reference, fromImage, tag) => {
  await listen((_, response) => response.end());
  await pullOnEngine(client, reference, {});
  const { url = '', headers } = asked[0] ?? {};
  expect(Object.fromEntries(new URL(url, 'http://engine').searchParams)).toEqual({ fromImage, tag });
  expect(headers).not.toHaveProperty('x-registry-auth');
});

test.each<[string, RequestListener, string]>([
  [
    'before it began',
    (_, response) => response.writeHead(404).end(json({ message: 'manifest unknown' })),
    'manifest unknown',
  ],
  [
    'after it began',
    (_, response) => response.end(json({ status: 'x' }, { errorDetail: { message: 'EOF' }, error: 'EOF' })),
    'EOF',
  ],
  ['without JSON', (_, response) => response.writeHead(502).end('<bad gateway>'), '<bad gateway>'],
  ['without a word', (_, response) => response.writeHead(500).end(), 'the engine answered with status 500'],
])('that the engine refuses %s says why', async (_, answer, reason) => {
  await listen(answer);
  const error = await failure(pullOnEngine(client, 'me/shop:v1', {}));
  expect(error).toBeInstanceOf(PullRefused);
  expect(error).toMatchObject({
    said: reason,
    message: `unix:///test: could not pull me/shop:v1: ${reason}`,
  });
});

test('that breaks off is no success', async () => {
  await listen((_, response) => {
    response.write(json({ status: 'x' }), () => response.destroy());
  });
  expect((await failure(pullOnEngine(client, 'me/shop:v1', {}))).message).toMatch(
    /could not pull me\/shop:v1: /,
  );
});

test('that is aborted ends with the reason, and the engine sees its end', async () => {
  const closed = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  await listen((_, response) => {
    response.once('close', () => closed.resolve());
    response.write(json({ status: 'x', id: 'y' }));
  });
  const abort = new AbortController();
  const ended = failure(
    pullOnEngine(client, 'me/shop:v1', { signal: abort.signal, onProgress: () => began.resolve() }),
  );
  await began.promise;
  const reason = new Error('cancelled');
  abort.abort(reason);
  expect(await ended).toBe(reason);
  await closed.promise;
});

test.each([
  ['before its answer begins', () => undefined],
  ['in the middle', (response: ServerResponse) => void response.write(json({ status: 'x', id: 'y' }))],
])('of which the engine says nothing more %s is given up', async (_, begin) => {
  await listen((_request, response) => begin(response));
  const error = await failure(pullOnEngine(client, 'me/shop:v1', {}, 100));
  expect(error).toBeInstanceOf(PullStalled);
  expect(error.message).toBe(
    'unix:///test: could not pull me/shop:v1: the engine has said nothing of it for 100ms. Does its registry answer the server? Try "docker pull" there.',
  );
});
