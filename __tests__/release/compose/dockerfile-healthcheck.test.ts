import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { asList, asObject } from '../../../src/model/json.ts';
import { withTlsOfDockerfiles } from '../../../src/release/compose/dockerfile-healthcheck.ts';

const ASKS = `FROM base
HEALTHCHECK NONE
# HEALTHCHECK CMD curl https://localhost:1
HEALTHCHECK --interval=2s \\
  CMD curl -fk https://localhost:9443/up
CMD ["serve"]
`;
let context = '';
beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'context-'));
  await writeFile(join(context, 'Dockerfile'), ASKS);
});
afterAll(() => rm(context, { recursive: true }));

const PORTS = [
  { target: 9443, published: '9443', protocol: 'tcp' },
  { target: 9000, published: '9000', protocol: 'tcp' },
];
/** The protocols of the ports of a service, and what the log says. */
async function read(service: object): Promise<readonly [readonly unknown[], readonly string[]]> {
  const services = { web: { ports: PORTS, ...service } };
  const { config, notices } = await withTlsOfDockerfiles({ services });
  const [web = {}] = Object.values(config.services);
  return [asList(web['ports']).map((port) => asObject(port)['app_protocol']), notices];
}

test('a port that the HEALTHCHECK of the Dockerfile asks by HTTPS speaks TLS, and the log says why', async () => {
  const [protocols, notices] = await read({ build: { context } });
  expect(protocols).toEqual(['https', undefined]);
  expect(notices).toEqual([
    expect.stringMatching(/^web: the HEALTHCHECK of its Dockerfile asks port 9443 by HTTPS/),
  ]);
  const [inline] = await read({ build: { context: '/none', dockerfile_inline: ASKS } });
  expect(inline).toEqual(['https', undefined]);
});

test.each<[string, () => object]>([
  ['there is no build', () => ({})],
  ['there is no such Dockerfile', () => ({ build: { context, dockerfile: 'other' } })],
  [
    'the Compose file has a HEALTHCHECK',
    () => ({ build: { context }, healthcheck: { test: ['CMD', 'true'] } }),
  ],
  ['the build has a target', () => ({ build: { context, target: 'test' } })],
])('the Dockerfile says nothing where %s', async (_, service) => {
  const [protocols, notices] = await read(service());
  expect(protocols).toEqual([undefined, undefined]);
  expect(notices).toEqual([]);
});

test('an app_protocol in the file counts', async () => {
  const [port] = PORTS;
  const [protocols] = await read({ build: { context }, ports: [{ ...port, app_protocol: 'http' }] });
  expect(protocols).toEqual(['http']);
});
