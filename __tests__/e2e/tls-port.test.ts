/** A service that ends TLS itself: its port is passed through, and asked by TLS before a release is accepted. */
import { expect, test } from '@jest/globals';
import type { Inputs } from '../support/action.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { succeeded } from '../support/test-app.ts';
import { tlsApp } from '../support/tls-app.ts';

const lab = await labWith(1, { builds: true });
const HOPELESS: Inputs = { 'health-timeout': patienceInput(20) };
const tls = tlsApp(lab);

test('a port that seems to be HTTP and speaks TLS is refused, and the error says what to set', async () => {
  const run = await tls.deploy({ VERSION: 'v0', PROTOCOL: 'http' }, HOPELESS);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(
    /its port 8443: what it answers is TLS\..*\(1\) .*app_protocol: https/,
  );
});

test('TLS reaches the service that ends it, and the plan says why it is recreated', async () => {
  const { log } = succeeded(await tls.deploy({ VERSION: 'v1' }));
  expect(log).toContain('port 8443 speaks TLS');
  expect(await tls.visit()).toBe('v1');
  // Nothing is left of what asked it.
  expect(Object.keys(await tls.app.containers()).filter((name) => /edge|probe/.test(name))).toEqual([]);
});

test.each([
  ['that listens on 127.0.0.1 only', { ADDRESS: '127.0.0.1' }, 'connection refused'],
  [
    'that speaks plain HTTP',
    { HOW: 'http' },
    'what it answers is not TLS. Usual causes: (1) The port does not speak TLS',
  ],
])('a release %s is not accepted, and the old one serves again', async (_, behaviour, says) => {
  const run = await tls.deploy({ VERSION: 'v2', ...behaviour }, HOPELESS);
  expect(run.succeeded).toBe(false);
  const message = run.errors[0]?.message ?? '';
  expect(message).toContain(
    `web gives visitors no answer on its port 8443, which it publishes itself: ${says}`,
  );
  expect(await tls.visit()).toBe('v1');
});
