import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { startHeartbeat } from '../../src/engine/heartbeat.ts';
import { tcpTransport } from '../../src/engine/transports.ts';
import { HostError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';
import { failure, makeStepContext } from './step-context.ts';

test('a call may take long while the server answers other requests, and fails once it stops answering', async () => {
  const step = await makeStepContext();
  const [certFile, keyFile] = [join(step.folder, 'cert.pem'), join(step.folder, 'key.pem')];
  const subject = ['-subj', '/CN=x', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-nodes', ...subject, '-keyout', keyFile, '-out', certFile],
    { stdio: 'pipe' },
  );
  const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  const tls = { ca: cert, cert, key };

  let silent = false;
  let pings = 0;
  const pinged = Promise.withResolvers<void>();
  const server = createServer({ cert, key }, (request, response) => {
    if (request.url !== '/_ping' || silent) return;
    pings += 1;
    response.end('OK');
    if (pings === 10) pinged.resolve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const address = {
    kind: 'tcp',
    name: hostName(`tcp://127.0.0.1:${port}`),
    hostname: '127.0.0.1',
    port,
  } as const;
  const client = new EngineClient(address.name, tcpTransport(address, tls));
  const stop = startHeartbeat(
    client,
    { host: hostName('127.0.0.1'), port, ...tls },
    { interval: 100, patience: 900 },
  );
  try {
    const call = failure(client.call('wait', 'GET', '/long'));
    // Longer than the patience, which every answer restarts.
    await pinged.promise;
    expect(client.disconnected.aborted).toBe(false);
    silent = true;
    const error = await call;
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toBe(
      `${address.name}: the connection was lost: the server does not answer any more. The network or the server is down.`,
    );
  } finally {
    stop();
    client.disconnect(new HostError(client.host, 'end of test'));
    server.closeAllConnections();
    server.close();
    await step.remove();
  }
});
