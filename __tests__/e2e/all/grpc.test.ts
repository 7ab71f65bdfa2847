/** gRPC and HTTP/2 without TLS: what is accepted, h2c, domains. */
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { domainInputs } from '../../support/domain.ts';
import { callOnce, grpcApp, openCall, openSession, UNWELL } from '../../support/grpc-app.ts';
import { labWith } from '../../support/lab.ts';
import { patience } from '../../support/patience.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const grpc = grpcApp(lab);

test('an app that speaks HTTP/2 only is not accepted at a plain port, and the error says what to set', async () => {
  const { succeeded: accepted, errors } = await grpc.deploy({ VERSION: 'v0', PROTOCOL: 'http' }, UNWELL);
  expect(accepted).toBe(false);
  expect(errors[0]?.message).toMatch(
    /web gives visitors no answer on its port 50051: what it answers is HTTP\/2\..*app_protocol: grpc/,
  );
});

test('a release that says by the health protocol that it does not serve is not accepted', async () => {
  succeeded(await grpc.deploy({ VERSION: 'v3' }));
  const run = await grpc.deploy({ VERSION: 'v4', HEALTH: '2' }, UNWELL);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain("answered NOT_SERVING to gRPC's health check");
  expect((await callOnce(grpc.place)).body).toContain('v3 for');
});

test('a server without the health protocol is accepted when it answers; one that speaks no HTTP/2 is not', async () => {
  succeeded(await grpc.deploy({ VERSION: 'v5', HEALTH: 'none' }));
  expect((await callOnce(grpc.place)).body).toContain('v5 for');
  const run = await grpc.deploy({ VERSION: 'v6', HOW: 'http' }, UNWELL);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain('remove app_protocol: grpc');
});

test('h2c has the same upstream, with the health check of HTTP', async () => {
  succeeded(await grpc.deploy({ VERSION: 'v7', PROTOCOL: 'h2c' }, { 'health-path': '/up' }));
  expect((await callOnce(grpc.place)).body).toContain('v7 for');
});

test('a domain serves gRPC over TLS, streams too', async () => {
  const domain = `${grpc.app.name}.${grpc.app.server.domain}`;
  succeeded(await grpc.deploy({ VERSION: 'v8' }, domainInputs(lab, [domain])));
  const secure = { host: grpc.app.server.address, domain, ca: lab.acme.root };
  expect((await callOnce(secure)).body).toMatch(/v8 for [\d.]+$/);
  const session = openSession(secure);
  const stream = openCall(session, 'Talk');
  stream.write('hello');
  const [answer]: string[] = await once(stream, 'data', { signal: AbortSignal.timeout(patience(100)) });
  expect(answer).toContain('v8 heard hello');
  session.destroy();
});
