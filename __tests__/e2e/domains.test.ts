/** Domains through the whole action: HTTPS with a certificate from an authority, a second release, a domain of another app. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun } from '../support/action.ts';
import { probeImage } from '../support/apps/images.ts';
import { compose } from '../support/apps/probe.ts';
import { domainInputs, placeOf } from '../support/domain.ts';
import { ask } from '../support/http.ts';
import { snapshot } from '../support/lab/snapshot.ts';
import { labWith } from '../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1);

let app: TestApp;
let domain = '';
const make = (stem: string): Promise<TestApp> => {
  const web = (port: number) => ({
    image: '${IMAGE}',
    ports: [`${port}:3000`],
    environment: { VERSION: '${VERSION}' },
  });
  return testApp({ lab, stem, files: (port) => compose({ services: { web: web(port) } }) });
};
const deploy = async (to: TestApp, version: string): Promise<ActionRun> => {
  const inputs = { ...domainInputs(lab, [domain]), env: `VERSION=${version}`, 'health-path': '/up' };
  return to.deploy(await probeImage(lab), inputs);
};
/** What the app answers at its domain, trusting the lab's authority only. */
const secure = async (): Promise<unknown> => {
  const { url, connect } = placeOf(lab, app.server, domain);
  return JSON.parse((await ask(url, { connect })).body);
};

beforeAll(async () => {
  app = await make('domain');
  domain = `${app.name}.${app.server.domain}`;
  succeeded(await deploy(app, '1'));
});
afterAll(() => app.remove());

test('an app with a domain is served over HTTPS with a certificate for that name, and plain HTTP leads there', async () => {
  expect(await secure()).toMatchObject({ version: '1' });
  const plain = await ask(`http://${app.server.address}/`, { host: domain });
  expect(plain).toMatchObject({ status: 308, headers: { location: `https://${domain}/` } });
});

test('the outputs name the domain, and the next release is found there too', async () => {
  const run = succeeded(await deploy(app, '2'));
  expect(run.outputs['environment-url']).toBe(`https://${domain}`);
  expect(await secure()).toMatchObject({ version: '2' });
});

test('another app that wants the domain is refused before anything is changed', async () => {
  const other = await make('thief');
  try {
    const before = await snapshot(other.server);
    const run = await deploy(other, '1');
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain('domains');
    expect(run.errors[0]?.message).toContain(`${app.name}-production`);
    expect(await snapshot(other.server)).toEqual(before);
  } finally {
    await other.remove();
  }
});
