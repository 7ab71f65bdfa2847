import { once } from 'node:events';
import { Agent, createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { Conflict, NotFound } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';
import { failure, makeStepContext, type TestStepContext } from './step-context.ts';

/** A real HTTP server on a real socket. It fails in the ways in which engines fail. */
let step: TestStepContext;
let server: Server;
let client: EngineClient;

async function listen(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  const socketPath = join(step.folder, 'socket');
  server.listen(socketPath);
  await once(server, 'listening');
  const explain = (error: NodeJS.ErrnoException) => `broken (${error.code})`;
  client = new EngineClient(hostName('unix:///test'), {
    agent: new Agent({ keepAlive: true }),
    address: { socketPath },
    explainError: explain,
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

describe('an error of the engine', () => {
  test.each([
    [404, 'No such container: web', NotFound],
    [409, 'name is in use', Conflict],
    [500, 'something else', HostError],
  ])("with status %d names the host and has the engine's message: %s", async (status, message, kind) => {
    await listen((_, response) => response.writeHead(status).end(JSON.stringify({ message })));
    const error = await failure(client.call('start container web', 'POST', '/x'));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toBe(`unix:///test: could not start container web: ${message}`);
  });

  test('says that the disk is full, and how to free space', async () => {
    const message = 'mkdir /var/lib/docker/x: no space left on device';
    await listen((_, response) => response.writeHead(500).end(JSON.stringify({ message })));
    const error = await failure(client.call('start container web', 'POST', '/x'));
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^unix:\/\/\/test: its disk is full: could not start container web\. .*docker image prune/,
      ),
      evidence: [message],
    });
  });

  test('names the status if the engine sends no message', async () => {
    await listen((_, response) => response.writeHead(502).end());
    expect((await failure(client.call('do it', 'GET', '/'))).message).toBe(
      'unix:///test: could not do it: the engine answered with status 502',
    );
  });
});

describe('a response of the engine', () => {
  test('that never ends is given up', async () => {
    await listen((_, response) => {
      const chunk = Buffer.alloc(1_000_000);
      const feed = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', feed);
      feed();
    });
    expect((await failure(client.call('look', 'GET', '/'))).message).toContain(
      'could not look: the answer has more than 128 MB.',
    );
  });

  test('that is not JSON is an error', async () => {
    await listen((_, response) => response.end('<html>'));
    expect((await failure(client.callJson('do it', 'GET', '/'))).message).toMatch(
      /could not do it: the engine's answer is not JSON/,
    );
  });

  test('that is cut off is an error, never half an answer', async () => {
    await listen((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('[1, 2', () => response.destroy());
    });
    const error = await failure(client.callJson('do it', 'POST', '/'));
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toMatch(/^unix:\/\/\/test: could not do it: broken/);
  });

  test('comes from the version of the API that the client was set to', async () => {
    await listen((request, response) => response.end(JSON.stringify(request.url)));
    expect(await client.callJson('a', 'GET', '/x', { query: { a: '1 ü&', b: undefined } })).toBe(
      '/x?a=1+%C3%BC%26',
    );
    client.useApiVersion('1.44');
    expect(await client.callJson('a', 'GET', '/x')).toBe('/v1.44/x');
  });
});

describe('an idle connection that the engine closes just as it is used again', () => {
  test('is replaced for a GET, and not for a request that changes something', async () => {
    let calls = 0;
    await listen((request, response) => {
      calls += 1;
      // The first call on each connection is answered; the second one finds it closed.
      const used = Reflect.get(request.socket, 'used') === true;
      Reflect.set(request.socket, 'used', true);
      if (used) request.socket.destroy();
      else response.end('[]');
    });
    await client.callJson('a', 'GET', '/');
    await expect(client.callJson('b', 'GET', '/')).resolves.toEqual([]);
    expect(calls).toBe(3);
    expect((await failure(client.callJson('c', 'POST', '/'))).message).toMatch(
      /could not c: broken \(ECONNRESET\)/,
    );
    expect(calls).toBe(4);
  });
});

test('all idle connections that the engine has closed are given up with the first that breaks', async () => {
  const sockets = new Set<Socket>();
  const waiting: ServerResponse[] = [];
  let isClosing: boolean = false;
  await listen((request, response) => {
    const { socket } = request;
    if (isClosing && sockets.has(socket)) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    if (isClosing) response.end('[]');
    else if (waiting.push(response) === 5) for (const each of waiting) each.end('[]');
  });
  await Promise.all(Array.from({ length: 5 }, () => client.callJson('fill', 'GET', '/')));
  isClosing = true;
  await expect(client.callJson('ask', 'GET', '/')).resolves.toEqual([]);
  expect(sockets.size).toBe(6);
});

test('a call that breaks on a new connection is not repeated', async () => {
  let calls = 0;
  await listen((request) => {
    calls += 1;
    request.socket.destroy();
  });
  await failure(client.call('ask', 'GET', '/'));
  expect(calls).toBe(1);
});

describe('when the connection is lost', () => {
  test('every call in progress and every later call fails with the reason of the loss', async () => {
    let arrived = 0;
    const all = Promise.withResolvers<void>();
    await listen((request, response) => {
      if (request.url === '/stream' || request.url === '/half') response.write('[');
      arrived += 1;
      if (arrived === 3) all.resolve();
    });
    const stream = await client.stream('listen', 'GET', '/stream', {});
    const calls = [
      failure(client.call('wait', 'GET', '/never')),
      failure(client.callJson('wait', 'GET', '/half')),
      failure(
        (async () => {
          for await (const _ of stream);
        })(),
      ),
    ];
    await all.promise;
    const reason = new HostError(client.host, 'the cable was cut');
    client.disconnect(reason);
    expect(await Promise.all(calls)).toEqual([reason, reason, reason]);
    expect(await failure(client.call('go on', 'GET', '/'))).toBe(reason);
    expect(client.disconnected.reason).toBe(reason);
    client.disconnect(new HostError(client.host, 'a second reason'));
    expect(client.disconnected.reason).toBe(reason);
  });

  test('shortly after a call broke, the call fails with the reason of the loss', async () => {
    await listen((request) => request.socket.destroy());
    const socketPath = join(step.folder, 'socket');
    const tunnel = new EngineClient(hostName('ssh://server'), {
      agent: new Agent(),
      address: { socketPath },
      explainError: () => 'broken',
      graceAfterDisconnect: 1_000,
    });
    const reason = new HostError(hostName('ssh://server'), 'the cable was cut');
    const call = failure(tunnel.call('ask', 'POST', '/'));
    setTimeout(() => tunnel.disconnect(reason), 50);
    expect(await call).toBe(reason);
  });
});

describe('an engine that hangs', () => {
  const HANGS =
    'unix:///test: could not do it: its Docker engine has not answered within 100ms. It hangs: look at "journalctl -u docker" on the host, restart it (sudo systemctl restart docker), and run this job again.';

  test.each([
    ['before it answers', () => undefined],
    ['in the middle of its answer', (response: ServerResponse) => void response.write('[')],
  ])('%s is given up after the limit of the call, and other calls go on', async (_, begin) => {
    await listen((request, response) => (request.url === '/hangs' ? begin(response) : response.end('[]')));
    const error = await failure(client.callJson('do it', 'POST', '/hangs', { limit: 100 }));
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toBe(HANGS);
    await expect(client.callJson('ask', 'GET', '/')).resolves.toEqual([]);
  });

  test('before a stream begins is given up; a stream that has begun has no limit', async () => {
    const streamed = Promise.withResolvers<ServerResponse>();
    await listen((request, response) => {
      if (request.url === '/hangs') return;
      response.write('1');
      streamed.resolve(response);
    });
    expect((await failure(client.stream('do it', 'GET', '/hangs', { limit: 100 }))).message).toBe(HANGS);
    const stream = await client.stream('listen', 'GET', '/stream', { limit: 100 });
    setTimeout(async () => (await streamed.promise).end('2'), 300);
    const chunks: string[] = [];
    for await (const chunk of stream) chunks.push(String(chunk));
    expect(chunks).toEqual(['1', '2']);
  });

  test('does not count against calls that wait for a connection behind the one that hangs', async () => {
    await listen((request, response) => {
      if (request.url !== '/hangs') response.end('[]');
    });
    const narrow = new EngineClient(client.host, {
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
      address: { socketPath: join(step.folder, 'socket') },
      explainError: () => 'broken',
    });
    const hanging = failure(narrow.call('do it', 'POST', '/hangs', { limit: 100 }));
    await expect(narrow.callJson('ask', 'GET', '/', { limit: 90 })).resolves.toEqual([]);
    expect((await hanging).message).toBe(HANGS);
  });
});

test('an urgent call does not wait for a connection behind calls that take long', async () => {
  await listen((request, response) => {
    if (request.url !== '/slow') response.end('[]');
  });
  const narrow = new EngineClient(client.host, {
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    urgentAgent: new Agent({ keepAlive: true, maxSockets: 1 }),
    address: { socketPath: join(step.folder, 'socket') },
    explainError: () => 'broken',
  });
  const slow = failure(narrow.call('stop', 'POST', '/slow'));
  await expect(narrow.callJson('renew', 'PUT', '/', { urgent: true })).resolves.toEqual([]);
  const reason = new HostError(client.host, 'end of test');
  narrow.disconnect(reason);
  expect(await slow).toBe(reason);
});

test('an aborted call throws the reason of its signal', async () => {
  await listen(() => undefined);
  const abort = new AbortController();
  const call = failure(client.call('wait', 'GET', '/', { signal: abort.signal }));
  const reason = new Error('enough');
  abort.abort(reason);
  expect(await call).toBe(reason);
  expect(await failure(client.call('wait', 'GET', '/', { signal: abort.signal }))).toBe(reason);
});
