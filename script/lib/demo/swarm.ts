import { stringify } from 'yaml';
import { startBalancer } from '../../../__tests__/support/balancer.ts';
import { type Lab, serverOf, sshInputs } from '../../../__tests__/support/lab.ts';
import { makeSwarm } from '../../../__tests__/support/swarm.ts';
import { databaseImage } from './database-image.ts';
import { type Platform, registryOf } from './story.ts';

const STAGING_PORT = 8081;
const PRODUCTION_PORT = 8080;

/** A swarm of three servers, and a balancer before it, as a cloud has one: the routing mesh needs a kernel with IPVS. */
export const swarm: Platform = {
  title: 'A registry, a runner and a swarm of three servers, on this machine',
  ...{ servers: 3, kubernetes: false },
  async files(lab) {
    const database = { environment: { DATABASE: 'tasks.db:6379' } };
    const restarted = { restart_policy: { delay: '500ms' } };
    return {
      'compose.swarm.yaml': stringify({
        services: {
          web: {
            // Longer than the balancer needs to notice: a request on its way to a port that is being closed is lost.
            environment: { ...database.environment, CLOSE_AFTER_MS: '1000' },
            deploy: {
              replicas: 2,
              update_config: { order: 'start-first', monitor: '2s' },
              placement: { max_replicas_per_node: 1 },
              ...restarted,
            },
          },
          worker: { ...database, deploy: { update_config: { monitor: '1s' }, ...restarted } },
          db: { image: await databaseImage(lab) },
        },
      }).replace(
        '  web:\n',
        // A port of each node, in place of that in compose.yaml.
        '  web:\n    ports: !override [{ target: 3000, published: "${PORT}", mode: host }]\n',
      ),
    };
  },
  async prepare(lab: Lab) {
    await makeSwarm(lab);
    const manager = serverOf(lab);
    const at = (port: number): readonly string[] =>
      lab.servers.map(({ address }) => `http://${address}:${port}`);
    const [before, beforeStaging] = [
      await startBalancer(at(PRODUCTION_PORT)),
      await startBalancer(at(STAGING_PORT)),
    ];
    const access = { orchestrator: 'swarm', ...sshInputs(lab, [manager]) };
    const files = { 'compose-file': 'compose.yaml\ncompose.swarm.yaml' };
    const reached = { environment: 'production', ...access };
    const look = `LAB=${lab.folder} lab/lab in ${manager.name} docker`;
    return {
      staging: {
        inputs: {
          ...{ environment: 'staging', env: `ENVIRONMENT=staging\nPORT=${STAGING_PORT}` },
          ...{ ...access, ...files, ...registryOf(lab) },
        },
        addresses: [beforeStaging.url],
      },
      production: { inputs: { ...reached, ...files, ...registryOf(lab) }, addresses: [before.url] },
      deployed: {
        env: `ENVIRONMENT=production\nPORT=${PRODUCTION_PORT}`,
        url: `${before.url}up`,
        'health-timeout': '30s',
      },
      status: reached,
      look: [
        `production:      ${at(PRODUCTION_PORT).join(' ')} (two of them)`,
        `staging:         ${at(STAGING_PORT).join(' ')} (two of them)`,
        `Its services:    ${look} service ls`,
        `Its tasks:       ${look} stack ps shop-production`,
      ],
      async [Symbol.asyncDispose]() {
        await before[Symbol.asyncDispose]();
        await beforeStaging[Symbol.asyncDispose]();
      },
    };
  },
};
