import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { EngineClient } from '../../src/engine/client.ts';
import { checkTls, writeTlsFiles } from '../../src/engine/tls.ts';
import { tcpTransport } from '../../src/engine/transports.ts';
import type { TlsAccess } from '../../src/model/access.ts';
import { ConfigurationError, HostError } from '../../src/model/errors.ts';
import { hostName } from '../support/identifiers.ts';
import { failure } from './step-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-'));
const path = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(path(name), 'utf8');

/** Real certificates, created with openssl. */
function authority(name: string): void {
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    path(`${name}.key`),
    '-out',
    path(`${name}.pem`),
  );
}

function certificate(name: string, by: string, extensions: string, ...dates: string[]): void {
  writeFileSync(path(`${name}.ext`), extensions);
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    path(`${name}.key`),
    '-out',
    path(`${name}.csr`),
  );
  openssl(
    'x509',
    '-req',
    '-in',
    path(`${name}.csr`),
    '-CA',
    path(`${by}.pem`),
    '-CAkey',
    path(`${by}.key`),
    '-CAcreateserial',
    '-extfile',
    path(`${name}.ext`),
    '-out',
    path(`${name}.pem`),
    ...(dates.length > 0 ? dates : ['-days', '2']),
  );
}

const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
const access = (ca: string, client: string): TlsAccess => ({
  ca: read(`${ca}.pem`),
  cert: read(`${client}.pem`),
  key: read(`${client}.key`),
});

beforeAll(() => {
  authority('ours');
  authority('theirs');
  certificate('server', 'ours', 'subjectAltName=IP:127.0.0.1');
  certificate('elsewhere', 'ours', 'subjectAltName=DNS:other.example.com');
  certificate('expired', 'ours', 'subjectAltName=IP:127.0.0.1', '-days', '-1');
  certificate('client', 'ours', 'extendedKeyUsage=clientAuth');
  certificate('stranger', 'theirs', 'extendedKeyUsage=clientAuth');
  certificate('late', 'ours', 'extendedKeyUsage=clientAuth', '-days', '-1');
});

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Calls a server that has this certificate and requires a client certificate of `ours`. */
async function ask(shows: string, as: TlsAccess): Promise<unknown> {
  server = createServer(
    {
      cert: read(`${shows}.pem`),
      key: read(`${shows}.key`),
      ca: read('ours.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (_, response) => response.end('[]'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const client = new EngineClient(
    hostName('tcp://127.0.0.1'),
    tcpTransport({ kind: 'tcp', name: hostName('tcp://127.0.0.1'), hostname: '127.0.0.1', port }, as),
  );
  try {
    return await client.callJson('ask', 'GET', '/');
  } finally {
    client.disconnect(new HostError(client.host, 'end of test'));
  }
}

test('a call succeeds with matching certificates', async () => {
  await expect(ask('server', access('ours', 'client'))).resolves.toEqual([]);
});

describe('a TLS error', () => {
  test.each([
    [
      'an engine with a certificate of another CA',
      'server',
      'theirs',
      'client',
      /the certificate of the engine was not signed by the CA in "tls-ca"/,
    ],
    [
      'an engine with an expired certificate',
      'expired',
      'ours',
      'client',
      /the certificate of the engine has expired/,
    ],
    [
      'an engine with a certificate for another name',
      'elsewhere',
      'ours',
      'client',
      /the certificate of the engine is for other names than the one in "hosts".*subjectAltName/,
    ],
    ['a client certificate of another CA', 'server', 'ours', 'stranger', /tls-cert/],
    ['an expired client certificate', 'server', 'ours', 'late', /tls-cert/],
  ])('names what to change for %s', async (_, shows, ca, client, pattern) => {
    const error = await failure(ask(shows, access(ca, client)));
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toMatch(pattern);
  });

  test.each([
    [
      'a key of another certificate',
      () => ({ ...access('ours', 'client'), key: read('stranger.key') }),
      /^tls-key: this is not the key of the certificate in "tls-cert"/,
    ],
    [
      'a certificate that can not be read',
      () => ({
        ...access('ours', 'client'),
        cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      }),
      /^tls-cert: not a certificate/,
    ],
    [
      'a CA certificate that can not be read',
      () => ({
        ...access('ours', 'client'),
        ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      }),
      /^tls-ca: not a certificate/,
    ],
    [
      'a key that can not be read',
      () => ({
        ...access('ours', 'client'),
        key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      }),
      /^tls-key: not a private key/,
    ],
  ])('names the input with %s, before the first call', (_, tls, pattern) => {
    expect(() => checkTls(tls())).toThrow(ConfigurationError);
    expect(() => checkTls(tls())).toThrow(pattern);
  });
});

test('the files for docker are readable by this user only, and can be removed', async () => {
  const files = await writeTlsFiles(folder, access('ours', 'client'));
  for (const name of ['ca.pem', 'cert.pem', 'key.pem'])
    expect(statSync(join(files.folder, name)).mode & 0o777).toBe(0o600);
  expect(statSync(files.folder).mode & 0o777).toBe(0o700);
  await files.remove();
  expect(existsSync(files.folder)).toBe(false);
});
