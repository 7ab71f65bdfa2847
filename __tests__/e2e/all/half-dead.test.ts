/** One of several services of the live release is dead already, and a deploy fails after its switch. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { ask } from '../../support/http.ts';
import { labWith, uniquePort } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { until } from '../../support/patience.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1);
const apiPort = uniquePort();
/** A file on the server without which the service does not start. */
const ALIVE = `/srv/alive-${apiPort}`;

let app: TestApp;

const deploy = async (version: string, inputs: Parameters<TestApp['deploy']>[1] = {}) =>
  app.deploy(await probeImage(lab), { env: `VERSION=${version}`, 'health-path': '/up', ...inputs });

beforeAll(async () => {
  const own = { image: '${IMAGE}', environment: { VERSION: '${VERSION}' }, stop_grace_period: '1s' };
  app = await testApp({
    lab,
    stem: 'half',
    files: (port) =>
      compose({
        services: {
          web: { ...own, ports: [`${port}:3000`] },
          api: {
            ...own,
            ports: [`${apiPort}:3000`],
            restart: 'unless-stopped',
            volumes: [`${ALIVE}:/alive:ro`],
            command: ['sh', '-c', '[ -e /alive/$$VERSION ] && exec node /app/app.js'],
          },
        },
      }),
  });
  await lab.run('in', app.server.name, 'sh', '-c', `mkdir -p ${ALIVE} && touch ${ALIVE}/1 ${ALIVE}/2`);
  succeeded(await deploy('1'));
});
afterAll(async () => {
  await app.remove();
  await lab.run('in', app.server.name, 'rm', '-rf', ALIVE);
});

test('what still serves of the old release gets its requests back, and the report names what was dead before', async () => {
  const { engine, name } = app.server;
  await lab.run('in', name, 'rm', `${ALIVE}/1`);
  const [api = ''] = [...(await engine.containers(`${app.name}-`)).keys()].filter((each) =>
    /-api-1$/.test(each),
  );
  await lab.run('in', name, 'docker', 'kill', api);
  await until(
    'the service is dead',
    async () => (await ask(`http://${app.server.address}:${apiPort}/`)).status === 502,
  );

  const load = startLoad(app.url('/'), { visitors: 1, pause: 40 });
  const run = await deploy('2', { url: app.url('/'), 'url-body': 'never', 'url-timeout': '2s' });
  expect(run.succeeded).toBe(false);
  load.expect('1');
  await load.answered('1', 50);
  expect((await load.stop()).failures).toEqual([]);
  const { result, state, hosts, live } = reportOf(run);
  expect({ result, is: hosts[0].is, rollbackIncomplete: hosts[0].rollbackIncomplete }).toEqual({
    result: 'rolled-back',
    is: live,
  });
  expect(state).toMatch(/NOT ALL OF [0-9a-f]{8} ANSWERS on .*: api gives no answer on port 3000/);
  expect(state).toMatch(/Before this run: api gives no answer/);
});

test('the next deploy replaces it as a whole', async () => {
  succeeded(await deploy('2'));
  for (const port of [app.port, apiPort])
    expect((await ask(`http://${app.server.address}:${port}/`)).headers['x-release']).toBe('2');
});
