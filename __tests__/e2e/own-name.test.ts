/** An app that answers to its own name only (ALLOWED_HOSTS, config.hosts), and sends visitors of plain HTTP to HTTPS. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ActionRun, Inputs } from '../support/action.ts';
import { compose } from '../support/apps/probe.ts';
import { domainInputs } from '../support/domain.ts';
import { labWith } from '../support/lab.ts';
import { patienceInput } from '../support/patience.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';

const lab = await labWith(1, { builds: true });

/** Says who asked it. `/gone` redirects to where nobody is. */
const APP = `
require('node:http').createServer((asked, answer) => {
  const { host, 'x-forwarded-proto': scheme, 'x-forwarded-host': forwarded } = asked.headers;
  console.log('asked', asked.url, 'as', scheme + '://' + host, forwarded);
  if (host !== process.env.OWN_NAME) return answer.writeHead(400).end('Bad Request');
  if (asked.url === '/gone') return answer.writeHead(301, { location: 'https://nowhere.invalid/' }).end();
  if (scheme !== 'https') return answer.writeHead(301, { location: 'https://' + host + asked.url }).end();
  answer.writeHead(asked.url === '/up' ? 204 : 404).end();
}).listen(3000);
process.on('SIGTERM', () => process.exit(0));
`;

let app: TestApp;
let image = '';
let domain = '';
let deployed = 0;

beforeAll(async () => {
  const web = (port: number) => ({
    image: '${IMAGE}',
    ports: [`${port}:3000`],
    environment: { OWN_NAME: '${OWN_NAME}', DEPLOY: '${DEPLOY}' },
  });
  app = await testApp({
    lab,
    stem: 'named',
    files: (port) => ({
      'app.cjs': APP,
      Dockerfile: 'FROM node:24-slim\nCOPY app.cjs /\nCMD ["node", "/app.cjs"]\n',
      ...compose({ services: { web: web(port) } }),
    }),
  });
  image = succeeded(await app.build()).outputs['image'] ?? '';
  domain = `${app.name}.${app.server.domain}`;
});
afterAll(() => app.remove());

function deploy(name: string, inputs: Inputs): Promise<ActionRun> {
  deployed += 1;
  return app.deploy(image, { env: `OWN_NAME=${name}\nDEPLOY=${deployed}`, ...inputs });
}

/** As whom the container of a release was asked. */
async function askedAs({ outputs }: ActionRun): Promise<string> {
  const container = `${app.name}-${app.environment}-${outputs['release']}-web-1`;
  return lab.run('in', app.server.name, 'docker', 'logs', container);
}

test('with a domain, it is asked by that name, as by HTTPS', async () => {
  const run = succeeded(
    await deploy(domain, { ...domainInputs(lab, [domain]), 'health-path': '/up', 'health-status': '204' }),
  );
  expect(await askedAs(run)).toContain(`asked /up as https://${domain} ${domain}`);
  expect(await askedAs(run)).not.toMatch(/asked \S+ as (?!https:)/);
});

test('without a domain, health-host is its name, and a redirect is an answer that nobody follows', async () => {
  const name = 'shop.example.test:8443';
  const run = succeeded(await deploy(name, { 'health-path': '/gone', 'health-host': name }));
  expect(await askedAs(run)).toContain(`asked /gone as http://${name} ${name}`);
});

test.each([
  [
    'asked as localhost, it is refused, and health-host is named',
    {},
    'answered 400 to a request for http://localhost',
    '"health-host"',
  ],
  [
    'an answer that health-status does not list is refused',
    { 'health-host': 'own.test', 'health-status': '200-299' },
    'answered 301 to a request for http://own.test',
    '"health-status"',
  ],
])('%s', async (_, inputs, ...says) => {
  const run = await deploy('own.test', {
    'health-path': '/up',
    'health-timeout': patienceInput(10),
    ...inputs,
  });
  expect(run.succeeded).toBe(false);
  for (const text of says) expect(run.errors[0]?.message).toContain(text);
});
