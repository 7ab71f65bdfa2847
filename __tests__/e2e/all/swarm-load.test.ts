/** Behind a balancer that notices, nobody notices updates and failures on a swarm, as docs/swarm.md promises for ports in host mode. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { startBalancer } from '../../support/balancer.ts';
import { ask } from '../../support/http.ts';
import { labWith } from '../../support/lab.ts';
import { startLoad } from '../../support/load/load.ts';
import { until } from '../../support/patience.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { probeService, type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(2);
const NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10'];
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const files = (port: number) =>
  compose({
    services: {
      web: probeService(
        port,
        {
          // It says that it is not well, and goes on until the balancer has noticed.
          environment: {
            ON_SIGTERM: 'leave',
            UP_AFTER_MS: '${UP_AFTER_MS:-}',
            EXIT_AFTER_MS: '${EXIT_AFTER_MS:-}',
          },
          stop_grace_period: '15s',
        },
        {
          replicas: '${REPLICAS:-2}',
          update_config: { order: '${ORDER:-stop-first}', monitor: '2s', failure_action: 'pause' },
        },
      ),
    },
  });

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'load', files });
  versions = await buildVersions(lab, app.app.repository, NAMES);
  succeeded(await app.deploy(imageOf(0)));
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

test('ten updates and three releases that crash before they are healthy lose no request', async () => {
  await using balancer = await startBalancer(lab.servers.map((server) => app.app.url('', server)));
  const load = startLoad(balancer.url, { visitors: 1, pause: 50 });
  await load.answered('0', 10);
  for (const version of NAMES.keys()) {
    if (version === 0) continue;
    succeeded(await app.deploy(imageOf(version)));
    await load.answered(String(version), 10);
    if (version % 3 !== 0) continue;
    const crashing = { env: 'UP_AFTER_MS=never\nEXIT_AFTER_MS=1000' };
    expect((await app.deploy(imageOf(version), crashing)).outputs).toMatchObject({ 'rolled-back': 'true' });
  }
  const { failed, failures, requests } = await load.stop();
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
  expect(requests).toBeGreaterThan(500);
});

test('with start-first, where a node is free, a new task is healthy before the old one stops: updates and a release that crashes lose no request', async () => {
  const startFirst = (...variables: readonly string[]) => ({
    env: ['REPLICAS=1', 'ORDER=start-first', ...variables].join('\n'),
  });
  succeeded(await app.deploy(imageOf(10)));
  // With another image at once, the swarm may start its task where the one that is to go still has the port.
  succeeded(await app.deploy(imageOf(10), { env: 'REPLICAS=1' }));
  await until('a node is free', async () => {
    const answers = lab.servers.map((server) => ask(app.app.url('', server)).catch(() => undefined));
    return (await Promise.all(answers)).filter((each) => each !== undefined).length === 1;
  });
  await using balancer = await startBalancer(lab.servers.map((server) => app.app.url('', server)));
  const load = startLoad(balancer.url, { visitors: 1, pause: 50 });
  await load.answered('10', 10);
  for (const version of [1, 2, 3]) {
    succeeded(await app.deploy(imageOf(version), startFirst()));
    await load.answered(String(version), 10);
  }
  const crashing = startFirst('UP_AFTER_MS=never', 'EXIT_AFTER_MS=1000');
  expect((await app.deploy(imageOf(4), crashing)).outputs).toMatchObject({ 'rolled-back': 'true' });
  await load.answered('3', 10);
  const { failed, failures } = await load.stop();
  expect({ failed, failures }).toEqual({ failed: 0, failures: [] });
});
