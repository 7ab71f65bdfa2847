/** What a Compose file says of networks, ports, volumes and updates, as a real swarm has it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildVersions, type Version } from '../../support/apps/images.ts';
import { compose, HEALTH } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
let app: SwarmApp;
let versions: readonly Version[];
const imageOf = (version: number): string => versions[version]?.image ?? '';

const files = (port: number) => {
  const each = { image: '${IMAGE}', healthcheck: HEALTH, stop_grace_period: '5s', networks: ['front'] };
  const restarted = { restart_policy: { delay: '500ms' } };
  return compose({
    services: {
      web: {
        ...each,
        ports: [{ target: 3000, published: port, mode: 'ingress' }],
        deploy: { ...restarted, update_config: { monitor: '1s', order: 'start-first' } },
      },
      api: {
        ...each,
        volumes: ['data:/data'],
        deploy: {
          ...restarted,
          endpoint_mode: 'dnsrr',
          placement: { constraints: ['node.role == manager'] },
          update_config: { monitor: '1s', parallelism: 1, delay: '100ms' },
          rollback_config: { parallelism: 2, delay: '2s', order: 'stop-first' },
        },
      },
    },
    networks: { front: { driver: 'overlay', attachable: true } },
    volumes: { data: {} },
  });
};

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'defined', files });
  versions = await buildVersions(lab, app.app.repository, ['0', '1']);
  succeeded(await app.deploy(imageOf(0)));
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

// biome-ignore lint/suspicious/noExplicitAny: an answer of the engine, of which each test reads another part
async function specOf(service: string): Promise<any> {
  const { Spec } = await app.manager.engine.get(`/services/${app.stack}_${service}`);
  return Spec;
}

/** Runs a program of Node in the task of a service. */
async function inTask(service: string, program: string): Promise<string> {
  const docker = (...args: readonly string[]) => lab.run('in', app.manager.name, 'docker', ...args);
  const filter = `label=com.docker.swarm.service.name=${app.stack}_${service}`;
  const [id = ''] = (await docker('ps', '--quiet', '--filter', filter, '--filter', 'health=healthy')).split(
    '\n',
  );
  return (await docker('exec', id, 'node', '-e', program)).trim();
}

test('ports through the mesh, addresses of tasks, volumes, placement and updates are what the file says', async () => {
  expect((await specOf('web')).EndpointSpec).toMatchObject({
    Mode: 'vip',
    Ports: [{ Protocol: 'tcp', TargetPort: 3000, PublishedPort: app.app.port, PublishMode: 'ingress' }],
  });
  expect(await specOf('api')).toMatchObject({
    EndpointSpec: { Mode: 'dnsrr' },
    UpdateConfig: { Parallelism: 1, Delay: 100_000_000 },
    RollbackConfig: { Parallelism: 2, Delay: 2_000_000_000, Order: 'stop-first' },
    TaskTemplate: {
      Placement: { Constraints: ['node.role == manager'] },
      ContainerSpec: { Mounts: [{ Type: 'volume', Source: `${app.stack}_data`, Target: '/data' }] },
    },
  });
  expect(await app.manager.engine.get(`/networks/${app.stack}_front`)).toMatchObject({
    ...{ Driver: 'overlay', Scope: 'swarm', Attachable: true },
  });
});

const ASK_API =
  "fetch('http://api:3000/').then((answer) => answer.json()).then(({ version }) => console.log(version))";

test('services reach each other over their overlay network, and an update keeps what is in a volume', async () => {
  expect(await inTask('web', ASK_API)).toBe('0');
  await inTask('api', "require('node:fs').writeFileSync('/data/kept', 'from version 0')");
  succeeded(await app.deploy(imageOf(1)));
  expect(await inTask('web', ASK_API)).toBe('1');
  const READ = "console.log(require('node:fs').readFileSync('/data/kept', 'utf8'))";
  expect(await inTask('api', READ)).toBe('from version 0');
});
