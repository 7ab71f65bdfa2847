import { describe, expect, test } from '@jest/globals';
import { ConfigurationError } from '../../../src/model/errors.ts';
import { Problems } from '../../../src/release/compose/problems.ts';
import { updateConfigOf } from '../../../src/release/compose/update-config.ts';
import { whyExclusive } from '../../../src/release/compose/why-exclusive.ts';

const read = (config: unknown) => {
  const problems = new Problems();
  const update = updateConfigOf('web', { deploy: { update_config: config } }, problems);
  problems.throwIfAny();
  return update;
};

describe('deploy.update_config', () => {
  test('is undefined if the file has none', () => {
    expect(updateConfigOf('web', {}, new Problems())).toBeUndefined();
    expect(updateConfigOf('web', { deploy: { replicas: 3 } }, new Problems())).toBeUndefined();
  });

  test('has the defaults of the Compose specification, but starts first', () => {
    expect(read({})).toEqual({
      parallelism: 1,
      order: 'start-first',
      delay: 0,
      monitor: 0,
      maxFailureRatio: 0,
      failureAction: 'rollback',
    });
  });

  test('has the values that Compose resolves', () => {
    const config = {
      parallelism: 0,
      order: 'stop-first',
      delay: '1m30s',
      monitor: '1.5s',
      max_failure_ratio: 0.3,
      failure_action: 'continue',
    };
    expect(read(config)).toEqual({
      parallelism: 0,
      order: 'stop-first',
      delay: 90_000,
      monitor: 1500,
      maxFailureRatio: 0.3,
      failureAction: 'continue',
    });
  });

  test.each([['pause'], ['rollback']])('rolls back with failure_action: %s', (action) => {
    expect(read({ failure_action: action })?.failureAction).toBe('rollback');
  });

  test('rounds durations below a millisecond to 0', () => {
    expect(read({ delay: '100µs', monitor: '5ns' })).toMatchObject({ delay: 0, monitor: 0 });
  });

  test.each([
    [
      { failure_action: 'explode' },
      'compose-file: service web has deploy.update_config.failure_action: explode. Give continue, rollback or pause.',
    ],
    [
      { max_failure_ratio: 7 },
      'deploy.update_config.max_failure_ratio: 7. Give a share of the replicas from 0 to 1.',
    ],
    [
      { delay: '25h0m0s' },
      'deploy.update_config.delay: 25h0m0s. Give a duration of at most 24h, such as 10s.',
    ],
    [{ monitor: '-5s' }, 'deploy.update_config.monitor: -5s. Give a duration'],
    [{ parallelism: 1.5 }, 'deploy.update_config.parallelism: 1.5. Give a whole number of replicas'],
  ])('is rejected with %j', (config, message) => {
    expect(() => read(config)).toThrow(ConfigurationError);
    expect(() => read(config)).toThrow(message);
  });
});

describe('a service with order: stop-first', () => {
  const why = (replicas: number, parallelism?: number) =>
    whyExclusive(
      {
        deploy: {
          replicas,
          update_config: { order: 'stop-first', ...(parallelism === undefined ? {} : { parallelism }) },
        },
      },
      () => true,
      'caddy',
    );

  test('is exclusive if all its replicas stop at once', () => {
    for (const [replicas, parallelism] of [[1], [2, 2], [3, 0], [2, 5]] as const)
      expect(why(replicas, parallelism)).toBe('deploy.update_config.order: stop-first');
  });

  test('is not exclusive if some replicas run while others stop', () => {
    for (const [replicas, parallelism] of [[2], [3, 2]] as const)
      expect(why(replicas, parallelism)).toBeUndefined();
  });
});
