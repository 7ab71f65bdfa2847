import { expect, test } from '@jest/globals';
import { choosePushMode, type PushMode } from '../../src/image/push-mode.ts';
import { CommandError } from '../../src/model/errors.ts';
import { remember } from './support/build.ts';

async function pushModeFor(inspect: () => string): Promise<PushMode> {
  const step = {
    run: async () => ({ exitCode: 0, stdout: inspect(), stderr: '' }),
    log: remember(),
    folder: '/nowhere',
  };
  const retryPolicy = { attempts: 1, firstWait: 0, longestWait: 0 };
  return choosePushMode({ ...step, environment: {}, workspace: '/nowhere', retryPolicy, signal: undefined });
}

test.each([
  ['docker', 'tag', 'Name:          default\nDriver:        docker\nLast Activity: 2026-01-01\n\nNodes:\n'],
  [
    'docker-container',
    'digest',
    'Name:   builder-1\nDriver: docker-container\n\nNodes:\nName:  builder-10\n',
  ],
  ['remote', 'digest', 'Name:   builder-1\nDriver Options: network="host"\nDriver: remote\n'],
  ['unknown', 'tag', 'ERROR: no builder "x" found\n'],
] as const)('with the driver %s images are pushed by %s', async (_, kind, printed) => {
  expect(await pushModeFor(() => printed)).toMatchObject({ kind });
});

test("with a builder that can't be inspected images are pushed by tag", async () => {
  const failed = new CommandError('docker buildx inspect', 1, '');
  const mode = pushModeFor(() => {
    throw failed;
  });
  expect(await mode).toEqual({ kind: 'tag', tag: expect.stringMatching(/^candidate-[0-9a-f]{8}$/) });
});
