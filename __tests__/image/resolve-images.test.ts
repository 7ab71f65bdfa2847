import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { resolveImages } from '../../src/image/resolve-images.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import { remember } from './support/build.ts';

test('images are logged in the order of the input, whichever answer of the registry comes first', async () => {
  const log = remember();
  const digestOf = (reference: string) => `sha256:${(reference.includes('/web') ? 'a' : 'b').repeat(64)}`;
  const run: RunProgram = async (_, args) => {
    const reference = args.at(-1) ?? '';
    if (reference.includes('/web')) await pause(20);
    const digest = digestOf(reference);
    const answer = args.includes('--raw')
      ? { config: { digest }, layers: [] }
      : { manifest: { digest }, image: {} };
    return { exitCode: 0, stderr: '', stdout: JSON.stringify(answer) };
  };
  const reference = (repository: string) => ({ repository, tag: 'v1', digest: undefined });
  const { images } = await resolveImages(
    new Map([
      ['web', reference('reg.example.com/web')],
      ['api', reference('reg.example.com/api')],
    ]),
    {
      ...{ run, log, folder: '/nowhere' },
      environment: {},
      workspace: '/nowhere',
      retryPolicy: { attempts: 1, firstWait: 0, longestWait: 0 },
      signal: undefined,
    },
  );
  expect([...images.keys()]).toEqual(['web', 'api']);
  expect(log.lines).toEqual([
    `reg.example.com/web:v1 is ${images.get('web')}.`,
    `reg.example.com/api:v1 is ${images.get('api')}.`,
  ]);
});
