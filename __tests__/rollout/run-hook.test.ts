import { expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { runHook } from '../../src/rollout/run-hook.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

test('a command that ends because the lock is lost is removed, and that of the run which has the lock now is not', async () => {
  const release = makeRelease('22222222', { web: 'served' });
  const lost = new AbortController();
  const reason = new HostError(hostName('ssh://one'), 'another run has locked it');
  let names: string[] = [];
  const engine = Object.assign(new StartingEngine(release), {
    listNetworks: () => Promise.resolve([]),
    createNetwork: () => Promise.resolve(),
    listContainers: () =>
      Promise.resolve(
        names.map((id) => ({
          ...{ id, name: id, labels: {}, state: 'running' },
          ...{ imageId: '', ports: [], networks: [], volumes: [] },
        })),
      ),
    removeContainer: (id: string) => {
      names = names.filter((name) => name !== id);
      return Promise.resolve();
    },
  });
  const running = runHook(
    {
      ...startingContext(engine, release),
      signal: lost.signal,
      run: (_, argv) => {
        names = [argv[argv.indexOf('--name') + 1] ?? '', 'of-the-other-run'];
        lost.abort(reason);
        return Promise.reject(reason);
      },
    },
    {
      kind: 'run-hook',
      when: 'before',
      release: release.id,
      slot: 'green',
      service: 'web',
      argv: ['migrate'],
    },
  );
  await expect(running).rejects.toBe(reason);
  expect(names).toEqual(['of-the-other-run']);
});
