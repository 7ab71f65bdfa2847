/** A service that ends TLS itself: its port is passed through, and asked by TLS before a release is accepted. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });

/** `HOW`: `https`, `http`. Its HEALTHCHECK only asks whether it runs. */
const APP = `
const { readFileSync } = require('node:fs');
const { VERSION, HOW, ADDRESS } = process.env;
const answer = (_, response) => response.end(VERSION);
const tls = () => ({ key: readFileSync('/key.pem'), cert: readFileSync('/cert.pem') });
const server = HOW === 'http' ? require('node:http').createServer(answer) : require('node:https').createServer(tls(), answer);
server.listen(8443, ADDRESS);
process.on('SIGTERM', () => process.exit(0));
`;
const HOPELESS: Inputs = { 'health-timeout': patienceInput(20) };

let app: TestApp;
let image: string | undefined;
let cert = '';

async function certificate(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'));
  const [key, made] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=shop.test', '-addext', 'subjectAltName=DNS:shop.test', '-days', '2'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await promisify(execFile)('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', made]);
  const pair = { key: await readFile(key, 'utf8'), cert: await readFile(made, 'utf8') };
  await rm(folder, { recursive: true });
  return pair;
}

beforeAll(async () => {
  const made = await certificate();
  cert = made.cert;
  const web = (port: number) => ({
    image: '${IMAGE}',
    ports: [{ target: 8443, published: String(port), app_protocol: '${PROTOCOL}' }],
    environment: { VERSION: '${VERSION}', HOW: '${HOW:-https}', ADDRESS: '${ADDRESS:-0.0.0.0}' },
    healthcheck: { test: ['CMD', 'true'], interval: '1s', start_period: '5s', start_interval: '200ms' },
    stop_grace_period: '2s',
  });
  app = await testApp({
    lab,
    stem: 'tls',
    files: (port) => ({
      ...{ 'app.cjs': APP, 'key.pem': made.key, 'cert.pem': made.cert },
      Dockerfile: 'FROM node:24-slim\nCOPY app.cjs key.pem cert.pem /\nCMD ["node", "/app.cjs"]\n',
      ...compose({ services: { web: web(port) } }),
    }),
  });
  image = succeeded(await app.build()).outputs['image'];
});
afterAll(() => app.remove());

function deploy(variables: Readonly<Record<string, string>>, inputs: Inputs = {}): Promise<ActionRun> {
  const env = Object.entries({ PROTOCOL: '', ...variables }).map(([name, value]) => `${name}=${value}`);
  return app.deploy(image, { env: env.join('\n'), ...inputs });
}

/** What a visitor gets, who trusts the service's own certificate only. */
const visit = async (): Promise<string> => {
  const url = `https://${app.server.address}:${app.port}/`;
  return (await ask(url, { connect: { ca: cert, servername: 'shop.test' } })).body;
};

test('a port that seems to be HTTP and speaks TLS is refused, and the error says what to set', async () => {
  const run = await deploy({ VERSION: 'v0', PROTOCOL: 'http' }, HOPELESS);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(
    /its port 8443: what it answers is TLS\..*\(1\) .*app_protocol: https/,
  );
});

test('TLS reaches the service that ends it, and the plan says why it is recreated', async () => {
  const { log } = succeeded(await deploy({ VERSION: 'v1' }));
  expect(log).toContain('port 8443 speaks TLS');
  expect(await visit()).toBe('v1');
  // Nothing is left of what asked it.
  expect(Object.keys(await app.containers()).filter((name) => /edge|probe/.test(name))).toEqual([]);
});

test.each([
  ['that listens on 127.0.0.1 only', { ADDRESS: '127.0.0.1' }, 'connection refused'],
  [
    'that speaks plain HTTP',
    { HOW: 'http' },
    'what it answers is not TLS. Usual causes: (1) The port does not speak TLS',
  ],
])('a release %s is not accepted, and the old one serves again', async (_, behaviour, says) => {
  const run = await deploy({ VERSION: 'v2', ...behaviour }, HOPELESS);
  expect(run.succeeded).toBe(false);
  const message = run.errors[0]?.message ?? '';
  expect(message).toContain(
    `web gives visitors no answer on its port 8443, which it publishes itself: ${says}`,
  );
  expect(await visit()).toBe('v1');
});
