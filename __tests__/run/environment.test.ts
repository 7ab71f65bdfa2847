import { expect, test } from '@jest/globals';
import { programEnvironment } from '../../src/run/environment.ts';

test('a program gets the environment of the step without inputs, state and tokens', () => {
  const result = programEnvironment({
    PATH: '/bin',
    HOME: '/root',
    GITHUB_SHA: 'abc',
    DOCKER_CONFIG: '/cfg',
    EMPTY: '',
    ABSENT: undefined,
    'INPUT_SSH-KEY': 'secret',
    INPUT_TLS_KEY: 'secret',
    STATE_LOCK: 'secret',
    GITHUB_TOKEN: 'secret',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
    ACTIONS_RUNTIME_URL: 'url',
    ACTIONS_RUNTIME_TOKEN: 'cache',
    ACTIONS_CACHE_URL: 'cache',
    ACTIONS_RESULTS_URL: 'cache',
    ACTIONS_CACHE_SERVICE_V2: 'True',
  });
  expect(result).toEqual({
    PATH: '/bin',
    HOME: '/root',
    GITHUB_SHA: 'abc',
    DOCKER_CONFIG: '/cfg',
    EMPTY: '',
    // The BuildKit cache type=gha needs these.
    ACTIONS_RUNTIME_TOKEN: 'cache',
    ACTIONS_CACHE_URL: 'cache',
    ACTIONS_RESULTS_URL: 'cache',
    ACTIONS_CACHE_SERVICE_V2: 'True',
  });
});
