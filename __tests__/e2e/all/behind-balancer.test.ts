/** An app behind a balancer that ends TLS: it sends visitors of plain HTTP to HTTPS, and asks who the visitor is. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compose } from '../../support/apps/probe.ts';
import { type Answer, ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });

const APP = `
require('node:http').createServer((asked, answer) => {
  const { host, 'x-forwarded-proto': scheme, 'x-forwarded-for': visitor } = asked.headers;
  if (scheme !== 'https') return answer.writeHead(301, { location: 'https://' + host + asked.url }).end();
  answer.end(process.env.VERSION + ' for ' + visitor);
}).listen(3000);
process.on('SIGTERM', () => process.exit(0));
`;

let app: TestApp;
let image: string | undefined;
beforeAll(async () => {
  const web = (port: number) => ({
    image: '${IMAGE}',
    ports: [`${port}:3000`],
    environment: { VERSION: '${VERSION}' },
  });
  app = await testApp({
    lab,
    stem: 'balanced',
    files: (port) => ({
      'app.cjs': APP,
      Dockerfile: 'FROM node:24-slim\nCOPY app.cjs /\nCMD ["node", "/app.cjs"]\n',
      ...compose({ services: { web: web(port) } }),
    }),
  });
  image = succeeded(await app.build()).outputs['image'];
});
afterAll(() => app.remove());

const deploy = async (version: string, trusted: string): Promise<string> =>
  succeeded(await app.deploy(image, { env: `VERSION=${version}`, 'trusted-proxies': trusted })).log;
/** Asks as a balancer does for a visitor of HTTPS. */
const visit = (): Promise<Answer> =>
  ask(app.url('/cart'), { headers: { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' } });

test('with trusted-proxies, the app learns the scheme and the visitor; a change of it replaces the edge alone, and a rollback keeps it', async () => {
  await deploy('v1', '');
  expect((await visit()).status).toBe(301);

  expect(await deploy('v1', 'private_ranges')).toContain('replace the edge (trusted-proxies has changed)');
  expect(await visit()).toMatchObject({ status: 200, body: 'v1 for 203.0.113.7' });
  const [web, ...others] = Object.keys(await app.containers()).filter((name) => name.includes('-web-'));
  expect(others).toEqual([]);
  expect(web).toBeDefined();

  expect(await deploy('v2', 'private_ranges')).not.toContain('the edge (');
  // Trusted by the live release, not by the one that the rollback brings back.
  expect(await deploy('v3', '192.0.2.1\ncloudflare')).toContain(
    'replace the edge (trusted-proxies has changed)',
  );
  expect((await visit()).status).toBe(301);
  await deploy('v3', 'private_ranges');
  const run = succeeded(await app.rollback());
  expect(run.log).not.toContain('the edge (');
  expect(await visit()).toMatchObject({ status: 200, body: 'v2 for 203.0.113.7' });
});
