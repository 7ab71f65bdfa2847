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

test('TLS reaches the service that ends it, the log says why it is passed through, and a deploy refuses nobody', async () => {
  const { log } = succeeded(await tls.deploy({ VERSION: 'v0' }));
  expect(log).toContain('web: port 8443 speaks TLS, so its connections are passed through as they are.');
  expect(await tls.visit()).toBe('v0');
  const run = tls.deploy({ VERSION: 'v1' });
  const seen = new Set<string>();
  const done = new AbortController();
  const visits = (async () => {
    while (!done.signal.aborted) seen.add(await tls.visit());
  })();
  succeeded(await run);
  done.abort();
  await visits;
  expect([...seen]).toEqual(['v0', 'v1']);
  // Nothing is left of what asked it.
  expect(Object.keys(await tls.app.containers()).filter((name) => name.includes('probe'))).toEqual([]);
});

test.each([
  ['that listens on 127.0.0.1 only', { ADDRESS: '127.0.0.1' }, 'connection refused'],
  [
    'that speaks plain HTTP',
    { HOW: 'http' },
    'what it answers is not TLS. Usual causes: (1) The port does not speak TLS',
  ],
])('a release %s is not accepted, and the old one serves on', async (_, behaviour, says) => {
  const run = await tls.deploy({ VERSION: 'v2', ...behaviour }, HOPELESS);
  expect(run.succeeded).toBe(false);
  const message = run.errors[0]?.message ?? '';
  expect(message).toContain(`web gives visitors no answer on its port 8443, which is not HTTP: ${says}`);
  expect(await tls.visit()).toBe('v1');
});
