import { describe, expect, test } from '@jest/globals';
import { inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

describe('the inputs of a removal', () => {
  test('keep the volumes and need no confirmation for the preview of a pull request', () => {
    expect(request('remove', { environment: 'pr-42' })).toMatchObject({
      ...{ command: 'remove', removeVolumes: false, dryRun: false, lockTimeout: 600_000 },
      destination: { app: 'shop-api', environment: 'pr-42' },
    });
    expect(request('remove', { environment: 'pr-42', 'remove-volumes': 'true' }).removeVolumes).toBe(true);
  });

  test('name a cluster in place of hosts; volumes of a swarm are on its nodes', () => {
    const { orchestrator, destination } = request('remove', {
      ...{ environment: 'pr-42', orchestrator: 'kubernetes', hosts: '', namespace: 'shop' },
    });
    expect({ orchestrator, destination }).toMatchObject({
      ...{ orchestrator: 'kubernetes', destination: { access: { namespace: 'shop' } } },
    });
    const swarm = { environment: 'pr-42', orchestrator: 'swarm' };
    expect(request('remove', swarm)).toMatchObject({ orchestrator: 'swarm', removeVolumes: false });
    expect(inputError('remove', { ...swarm, 'remove-volumes': 'true' })).toContain(
      'remove-volumes: the volumes of a swarm are on its nodes, which no manager reaches.',
    );
  });

  test.each(['prod', 'production', 'prod-eu'])('must name the environment %s twice', (environment) => {
    expect(inputError('remove', { environment })).toBe(
      `confirm: missing. "${environment}" is the name of a production environment. Set "confirm: ${environment}" to remove it with everything that runs in it.`,
    );
    expect(request('remove', { environment, confirm: environment }).destination.environment).toBe(
      environment,
    );
    expect(request('remove', { environment, 'dry-run': 'true' }).dryRun).toBe(true);
  });

  test('are confirmed whatever the case of the name, as at GitHub', () => {
    const { destination } = request('remove', { environment: 'Production', confirm: 'PRODUCTION' });
    expect(destination.environment).toBe('production');
    expect(inputError('remove', { environment: 'Production' })).toMatch(/^confirm: missing\./);
  });

  test('may not confirm another environment than the one to remove', () => {
    for (const environment of ['staging', 'production']) {
      expect(inputError('remove', { environment, confirm: 'prod' })).toMatch(
        /^confirm: "prod" is not the environment to remove/,
      );
    }
  });
});
