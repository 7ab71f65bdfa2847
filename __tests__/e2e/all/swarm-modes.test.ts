/** Services of a swarm that are no replicas: one on each node, and jobs. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { probeImage } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { labWith } from '../../support/lab.ts';
import { leaveSwarm, makeSwarm } from '../../support/swarm.ts';
import { type SwarmApp, swarmApp } from '../../support/swarm-app.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(3);
let app: SwarmApp;
let image: string;

const files = () =>
  compose({
    services: {
      agent: {
        image: '${IMAGE}',
        command: ['node', '-e', "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"],
        deploy: { mode: 'global', update_config: { monitor: '1s' } },
      },
      once: {
        image: '${IMAGE}',
        command: ['node', '-e', 'console.log("counts"); process.exit(Number(process.env.CODE))'],
        environment: { CODE: '${CODE:-0}' },
        deploy: {
          mode: 'replicated-job',
          replicas: 2,
          restart_policy: { condition: 'on-failure', delay: '200ms' },
        },
      },
      everywhere: { image: '${IMAGE}', command: ['true'], deploy: { mode: 'global-job' } },
    },
  });

beforeAll(async () => {
  await makeSwarm(lab);
  app = await swarmApp({ lab, stem: 'modes', files });
  image = await probeImage(lab);
});
afterAll(async () => {
  await app.remove();
  await leaveSwarm(lab);
});

test('a global service runs on each node, and jobs have ended well, before a deploy says so', async () => {
  const run = succeeded(await app.deploy(image));
  expect(await app.running()).toEqual({ agent: [image, image, image], once: [], everywhere: [] });
  for (const whole of ['agent 3 of 3', 'everywhere 3 of 3', 'once 2 of 2']) expect(run.log).toContain(whole);
  expect((await app.status()).outputs).toMatchObject({ healthy: 'true' });
});

test('a job that fails takes the release back, with its last lines', async () => {
  const run = await app.deploy(image, { env: 'CODE=4' });
  expect(run.errors.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^once did not converge: its tasks failed .*non-zero exit \(4\).* is live again, wholly\.$/,
    ),
  ]);
  expect(run.summary).toContain('counts');
  expect(await app.running()).toEqual({ agent: [image, image, image], once: [], everywhere: [] });
});
