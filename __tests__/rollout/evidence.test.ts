import { beforeEach, describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { collectEvidence } from '../../src/rollout/evidence.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import type { ReplicaQuery } from '../../src/rollout/replica-selection.ts';
import { hostName } from '../support/identifiers.ts';
import { health } from './support/memory-engine.ts';
import { RELEASE, testHostContext, WatchedEngine } from './support/watched-engine.ts';

let engine: WatchedEngine;
let context: HostContext;

beforeEach(() => {
  engine = new WatchedEngine();
  Object.assign(engine, { containerLogs: (id: string) => Promise.resolve([`last line of ${id}`]) });
  context = testHostContext(engine, new AbortController().signal);
});

const source = (changes: Partial<ReplicaQuery> = {}): ReplicaQuery => ({
  ...{ release: RELEASE.id, services: ['web', 'api'] },
  ...changes,
});
const failLogs = (): void => {
  Object.assign(engine, {
    containerLogs: () => Promise.reject(new HostError(hostName('ssh://one'), 'no such driver')),
  });
};

describe('the evidence of a failed release', () => {
  test('has the state, exit code, out-of-memory flag and last log lines of a container', async () => {
    engine.set({ id: 'api-1', state: 'exited', exitCode: 137, oomKilled: true });
    expect(await collectEvidence(context, [source({ services: ['api'] })])).toEqual([
      {
        host: 'ssh://one',
        container: 'api-1',
        service: 'api',
        state: 'exited',
        exitCode: 137,
        oomKilled: true,
        health: undefined,
        lastLines: ['last line of api-1'],
      },
    ]);
  });

  test.each([
    ['running', 0, undefined],
    ['restarting', 3, 3],
    ['dead', 4, 4],
  ] as const)(
    'has an exit code only for a container that has ended: %s',
    async (state, exitCode, reported) => {
      engine.set({ id: 'api-1', state, exitCode });
      const [evidence] = await collectEvidence(context, [source({ services: ['api'] })]);
      expect(evidence).toMatchObject({ state, exitCode: reported });
    },
  );

  test('has the last ten lines of the HEALTHCHECK where the log is empty or can not be read', async () => {
    const output = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join('\n');
    engine.set({ id: 'api-1', health: health('unhealthy', `${output}\n`) });
    failLogs();
    const [evidence] = await collectEvidence(context, [source({ services: ['api'] })]);
    expect(evidence).toMatchObject({ health: 'unhealthy' });
    expect(evidence?.lastLines).toEqual(output.split('\n').slice(2));
  });

  test('covers exactly the replicas that the rollback stops, each once', async () => {
    const evidence = await collectEvidence(context, [
      source({ services: ['web'], only: { web: 2 }, after: { web: 1 } }),
      source({ services: ['web'], only: { web: 2 }, after: { web: 1 } }),
      source({ services: ['api'] }),
    ]);
    expect(evidence.map(({ container }) => container)).toEqual(['web-2', 'api-1']);
  });

  test('of one query that can not be read leaves the evidence of the others', async () => {
    const { inspectContainer } = engine;
    engine.inspectContainer = (id) =>
      id === 'web-1'
        ? Promise.reject(new HostError(hostName('ssh://one'), 'timed out'))
        : inspectContainer(id);
    const queries = [source({ services: ['web'] }), source({ services: ['api'] })];
    const evidence = await collectEvidence(context, queries);
    expect(evidence.map(({ container }) => container)).toEqual(['api-1']);
  });

  test('is empty for a host that can not be read, so that its rollback still runs', async () => {
    engine.disconnect(new HostError(hostName('ssh://one'), 'the connection was lost'));
    expect(await collectEvidence(context, [source()])).toEqual([]);
  });
});
