/** gRPC: a change of protocol, calls, streams that are drained (all/grpc.test.ts has the health check, h2c, domains). */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { callOnce, grpcApp, openCall, openSession } from '../support/grpc-app.ts';
import { addressSeenBy, ask } from '../support/http.ts';
import { labWith } from '../support/lab.ts';
import { patience, patienceInput, until } from '../support/patience.ts';
import { succeeded } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const grpc = grpcApp(lab);

test('a change of a port to gRPC replaces the edge, and the plan says so', async () => {
  succeeded(await grpc.deploy({ VERSION: 'v1', HOW: 'http', PROTOCOL: 'http' }));
  expect((await ask(grpc.app.url())).body).toBe('v1');
  const { log } = succeeded(await grpc.deploy({ VERSION: 'v2' }));
  expect(log).toContain(
    'replace the edge (port 50051 of web has another protocol, so it gives no answers until the switch)',
  );
});

test('a call is answered with its trailers, and the app learns who calls', async () => {
  const { headers, body, trailers } = await callOnce(grpc.place);
  expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' });
  const { address } = grpc.app.server;
  const visitor = await addressSeenBy(address, grpc.app.port);
  // Behind the five bytes that begin a message.
  expect(body.slice(5)).toBe(`v2 for ${visitor}`);
  expect(trailers).toMatchObject({ 'grpc-status': '0' });
});

test('no call is lost in a deploy, and a stream in which both sides talk is drained like a WebSocket', async () => {
  const session = openSession(grpc.place);
  const stream = openCall(session, 'Talk');
  const heard = async (text: string): Promise<string> => {
    stream.write(text);
    const [answer]: string[] = await once(stream, 'data', { signal: AbortSignal.timeout(patience(100)) });
    return String(answer);
  };
  expect(await heard('a')).toContain('v2 heard a');
  let ended = false;
  const deployed = grpc.deploy({ VERSION: 'v3' }, { 'drain-timeout': patienceInput(2000) }).finally(() => {
    ended = true;
  });
  const versions = new Set<string>();
  await until('v3 answers calls', async () => {
    const { body, trailers } = await callOnce(grpc.place);
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
    versions.add(/v\d/.exec(body)?.[0] ?? body);
    return versions.has('v3');
  });
  expect([...versions]).toEqual(['v2', 'v3']);
  // The connection stays with the edge, each call on it goes where the traffic goes.
  expect(await heard('b')).toContain('v2 heard b');
  expect(ended).toBe(false);
  stream.end();
  succeeded(await deployed);
  session.destroy();
});
