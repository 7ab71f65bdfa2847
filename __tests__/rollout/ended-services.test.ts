import { expect, test } from '@jest/globals';
import { findEndedServices } from '../../src/rollout/ended-services.ts';
import { makeRelease } from '../plan/world.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

const release = {
  ...makeRelease(
    '22222222',
    { web: 'served', migrate: 'internal', seed: 'worker', mailer: 'worker', failed: 'worker' },
    {
      details: {
        migrate: { oneShot: true },
        seed: { mayEnd: true },
        mailer: { mayEnd: true },
        failed: { mayEnd: true },
      },
    },
  ),
};

test('the history gets the services that may end and have ended with 0, and no others', async () => {
  const engine = new StartingEngine(release);
  engine.set({ id: 'mailer-1', state: 'running' });
  engine.set({ id: 'failed-1', exitCode: 1 });
  expect(await findEndedServices(startingContext(engine, release), release.id)).toEqual(['seed']);
});

test('the history gets the accessories that may end and have ended with 0', async () => {
  const accessories = makeRelease('22222222', { copy: 'worker', cache: 'worker' });
  const engine = new StartingEngine(accessories);
  for (const service of ['copy', 'cache'])
    engine.set({ id: `${service}-1`, labels: { 'com.docker.compose.service': service } });
  engine.set({ id: 'cache-1', state: 'running' });
  const owner = {
    ...makeRelease('22222222', { web: 'served' }),
    accessoryEndings: { copy: 'always', cache: 'maybe' },
  } as const;
  expect(await findEndedServices(startingContext(engine, owner), owner.id)).toEqual(['copy']);
});
