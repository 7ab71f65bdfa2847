/** A port whose protocol changes moves between the edge and the service that publishes it itself. */
import { expect, test } from '@jest/globals';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { patienceInput } from '../../support/patience.ts';
import { succeeded } from '../../support/test-app.ts';
import { tlsApp } from '../../support/tls-app.ts';

const lab = await labWith(1, { builds: true });
const tls = tlsApp(lab);
const plain = { HOW: 'http', PROTOCOL: 'http' };
const visitPlain = async (): Promise<string> => (await ask(tls.app.url())).body;
const edges = async (): Promise<number> =>
  Object.keys(await tls.app.containers()).filter((name) => name.includes('-edge')).length;

test('a port goes from the edge to a service and back, a failed deploy leaves it where it was, and the plan says what does not answer', async () => {
  succeeded(await tls.deploy({ VERSION: 'v1', ...plain }));
  expect(await visitPlain()).toBe('v1');

  const failed = await tls.deploy(
    { VERSION: 'v2', ADDRESS: '127.0.0.1', ORDER: 'stop-first' },
    { 'health-timeout': patienceInput(20) },
  );
  expect(failed.succeeded).toBe(false);
  expect(failed.errors[0]?.message).toContain('which is not HTTP: connection refused');
  expect(failed.errors[0]?.message).not.toContain('NOBODY REACHES');
  expect(await visitPlain()).toBe('v1');

  const { log } = succeeded(await tls.deploy({ VERSION: 'v3', ORDER: 'stop-first' }));
  expect(log).toMatch(/remove the edge \(port \d+ goes to web: nothing answers there until it has started\)/);
  expect(await tls.visit()).toBe('v3');
  expect(await edges()).toBe(0);

  const back = succeeded(await tls.deploy({ VERSION: 'v4', ...plain }));
  expect(back.log).toMatch(
    /create the edge \(it takes port \d+ from web: nothing answers there until the switch\)/,
  );
  expect(await visitPlain()).toBe('v4');

  succeeded(await tls.app.rollback());
  expect(await tls.visit()).toBe('v3');
});

test('a port that is passed through from now on moves from the edge to the TCP edge and back, and the plan says what does not answer', async () => {
  succeeded(await tls.deploy({ VERSION: 'v5', ...plain }));
  const failed = await tls.deploy(
    { VERSION: 'v6', ADDRESS: '127.0.0.1' },
    { 'health-timeout': patienceInput(20) },
  );
  expect(failed.succeeded).toBe(false);
  expect(await visitPlain()).toBe('v5');

  const { log } = succeeded(await tls.deploy({ VERSION: 'v7' }));
  expect(log).toMatch(
    /replace the edge \(port 8443 of web has another protocol, so it gives no answers until the switch\)/,
  );
  expect(await tls.visit()).toBe('v7');
  expect(await edges()).toBe(2);

  succeeded(await tls.app.rollback());
  expect(await visitPlain()).toBe('v5');
  expect(await edges()).toBe(1);
});
