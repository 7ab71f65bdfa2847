/** Domains through the whole action: HTTPS with a certificate from an authority, a second release, a domain given up. */
import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probe, webApp } from '../support/apps/probe.ts';
import { ask } from '../support/http.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab } from '../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

describe('an app with a domain', () => {
  let app: TestApp;
  let domain = '';
  const inputs = () => ({
    domains: domain,
    'acme-directory': lab.acme.directory,
    'acme-ca': lab.acme.root,
  });

  beforeAll(async () => {
    app = await testApp({ lab, stem: 'domain', files: (port) => webApp({ version: '1', port }) });
    domain = `${app.name}.${app.server.domain}`;
    succeeded(await app.deliver(inputs()));
  }, 120_000);
  afterAll(() => app.remove());

  test('is served over HTTPS with a certificate for that name, and plain HTTP leads there', async () => {
    expect(await secure(app.server.address, domain)).toMatchObject({ version: '1' });
    const plain = await ask(`http://${app.server.address}/`, { host: domain });
    expect(plain).toMatchObject({ status: 308, headers: { location: `https://${domain}/` } });
  });

  test('the outputs name where it is found, and the next release is found there too', async () => {
    await app.checkout.commit(probe({ version: '2' }));
    const run = succeeded(await app.deliver(inputs()));
    expect(run.outputs['environment-url']).toBe(`https://${domain}`);
    expect(await secure(app.server.address, domain)).toMatchObject({ version: '2' });
  });

  test('another app that wants the domain is refused before anything is changed', async () => {
    const other = await testApp({ lab, stem: 'thief', files: (port) => webApp({ version: '1', port }) });
    try {
      const before = await snapshot(other.server);
      const run = await other.deliver(inputs());
      expect(run.succeeded).toBe(false);
      expect(run.errors[0]?.message).toContain('domains');
      expect(run.errors[0]?.message).toContain(`${app.name}-production`);
      expect(await snapshot(other.server)).toEqual(before);
    } finally {
      await other.remove();
    }
  });
});

/** What the app answers at its domain, whose name this machine can't look up, trusting the lab's authority only. */
function secure(address: string, domain: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { host: address, servername: domain, headers: { host: domain }, ca: lab.acme.root };
    const question = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve(JSON.parse(body)));
    });
    question.on('error', reject).end();
  });
}
