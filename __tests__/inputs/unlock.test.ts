import { expect, test } from '@jest/globals';
import { request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

test('a lock is on hosts, in a swarm, or in a Kubernetes cluster', () => {
  const environment = 'staging';
  expect(request('unlock', { environment })).toMatchObject({ orchestrator: 'docker', dryRun: false });
  expect(request('unlock', { environment, orchestrator: 'swarm' })).toMatchObject({
    ...{ orchestrator: 'swarm', destination: { hosts: [{ kind: 'unix' }] } },
  });
  const inputs = {
    environment,
    orchestrator: 'kubernetes',
    hosts: '',
    namespace: 'shop',
    'kube-context': 'eu',
  };
  expect(request('unlock', inputs)).toMatchObject({
    ...{ orchestrator: 'kubernetes', destination: { access: { namespace: 'shop', context: 'eu' } } },
  });
});
