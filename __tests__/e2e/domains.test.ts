/** Domains through the whole action: HTTPS with a certificate from an authority, a second release, a domain given up. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { probe, webApp } from '../support/apps/probe.ts';
import { domainInputs, placeOf } from '../support/domain.ts';
import { ask } from '../support/http.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { readLab } from '../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = readLab();

describe('an app with a domain', () => {
  let app: TestApp;
  let domain = '';
  const inputs = () => domainInputs(lab, [domain]);
  /** What the app answers at its domain, trusting the lab's authority only. */
  const secure = async (): Promise<unknown> => {
    const { url, connect } = placeOf(lab, app.server, domain);
    return JSON.parse((await ask(url, { connect })).body);
  };

  beforeAll(async () => {
    app = await testApp({ lab, stem: 'domain', files: (port) => webApp({ version: '1', port }) });
    domain = `${app.name}.${app.server.domain}`;
    succeeded(await app.deliver(inputs()));
  }, 120_000);
  afterAll(() => app.remove());

  test('is served over HTTPS with a certificate for that name, and plain HTTP leads there', async () => {
    expect(await secure()).toMatchObject({ version: '1' });
    const plain = await ask(`http://${app.server.address}/`, { host: domain });
    expect(plain).toMatchObject({ status: 308, headers: { location: `https://${domain}/` } });
  });

  test('the outputs name where it is found, and the next release is found there too', async () => {
    await app.checkout.commit(probe({ version: '2' }));
    const run = succeeded(await app.deliver(inputs()));
    expect(run.outputs['environment-url']).toBe(`https://${domain}`);
    expect(await secure()).toMatchObject({ version: '2' });
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
