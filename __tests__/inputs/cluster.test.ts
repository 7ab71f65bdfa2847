import { describe, expect, test } from '@jest/globals';
import { inputError, readInputs, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

const SWARM = { orchestrator: 'swarm' };

test('orchestrator: swarm makes a request for a cluster, with the options that it has', () => {
  const { request } = readInputs('deploy', { ...SWARM, keep: '2', url: 'https://shop.test/up' });
  expect(request).toMatchObject({
    command: 'deploy',
    orchestrator: 'swarm',
    options: { keep: 2, healthTimeout: 60_000, url: { url: 'https://shop.test/up' }, accessories: 'leave' },
  });
  expect(readInputs('rollback', SWARM).request).toMatchObject({ orchestrator: 'swarm' });
  expect(readInputs('status', SWARM).request).toMatchObject({ orchestrator: 'swarm' });
});

test('another orchestrator is refused', () => {
  expect(inputError('deploy', { orchestrator: 'Swarm' })).toBe(
    'orchestrator: "Swarm" is not one of docker, swarm. Did you mean "swarm"?',
  );
});

describe('an input for single hosts is refused with a cluster, with the way out', () => {
  test.each([
    ['strategy', 'rolling', 'Write deploy.update_config in the Compose file'],
    ['canary', '5% 1m, 100%', 'Write deploy.update_config in the Compose file'],
    ['canary-too-few', 'fail', 'A cluster has no canary'],
    ['bake', '1m', 'Write deploy.update_config.monitor in the Compose file'],
    ['max-parallel', '1', 'Write deploy.update_config.parallelism in the Compose file'],
    ['edge', 'none', 'The cluster sends requests to the services'],
    ['health-path', '/up', 'Give the service a HEALTHCHECK'],
    ['drain-timeout', '5s', 'Write stop_grace_period in the Compose file'],
    ['domains', 'shop.test', 'Run a proxy as a service of the cluster'],
  ])('%s', (name, value, advice) => {
    expect(inputError('deploy', { ...SWARM, [name]: value })).toBe(
      `${name}: it has no effect with orchestrator: swarm. ${advice}, and remove "${name}".`,
    );
  });

  test('but not its default', () => {
    expect(() => readInputs('deploy', { ...SWARM, edge: 'caddy', bake: '0s' })).not.toThrow();
  });
});
