import { beforeEach, expect, test } from '@jest/globals';
import { LABEL } from '../../src/model/app-environment.ts';
import { restartAdoptedProject, stopAdoptedProject } from '../../src/rollout/adopt-project.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { makeRelease } from '../plan/world.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

/** `web` needs `db`; `mail` is not in the Compose file that is deployed. `cache` was created by the deploy. */
const ALL = makeRelease('22222222', { web: 'served', db: 'internal', mail: 'worker', cache: 'worker' });
const release = makeRelease('22222222', { web: 'served' }, { base: { services: { db: {}, cache: {} } } });

let engine: StartingEngine;
let context: HostContext;

beforeEach(() => {
  engine = new StartingEngine(ALL);
  const { listContainers } = engine;
  engine.listContainers = async (labels) => {
    const wanted = labels[0]?.split('=') ?? [];
    return (await listContainers(labels)).filter((each) => each.labels[wanted[0] ?? ''] === wanted[1]);
  };
  engine.setRestartPolicy = (id, { name, maxRetries }) => {
    engine.calls.push(`policy ${name}:${maxRetries} for ${id}`);
    return Promise.resolve();
  };
  engine.removeContainer = (id, options) => {
    engine.calls.push(`remove ${id}${options?.keepVolumes ? ' but its volumes' : ''}`);
    return Promise.resolve();
  };
  const label = (service: string, project: string, more = {}) => ({
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
    ...more,
  });
  const needsDb = { 'com.docker.compose.depends_on': 'db:service_healthy:false' };
  engine.set({
    id: 'web-1',
    state: 'running',
    restartPolicy: 'always',
    labels: label('web', 'old', needsDb),
  });
  engine.set({ id: 'db-1', state: 'running', restartPolicy: 'unless-stopped', labels: label('db', 'old') });
  engine.set({ id: 'mail-1', state: 'running', labels: label('mail', 'old') });
  engine.set({
    id: 'cache-1',
    state: 'running',
    labels: label('cache', 'shop-test', { [LABEL.app]: 'shop' }),
  });
  context = startingContext(engine, release);
});

const stop = (): Promise<string> =>
  stopAdoptedProject(context, { kind: 'stop-project', project: 'old', release: release.id });

test('what the file has of a project stops, and stays stopped when the engine restarts; nothing is removed', async () => {
  expect(await stop()).toContain('2 stopped');
  expect(engine.calls.toSorted((one, other) => one.localeCompare(other))).toEqual([
    'policy unless-stopped:0 for web-1',
    'stop db-1',
    'stop web-1',
  ]);
});

test('it starts again as it was, in order, after the accessories of the failed deploy were removed without their volumes', async () => {
  await stop();
  engine.calls.length = 0;
  expect(await restartAdoptedProject(context, { kind: 'start-project', project: 'old' })).toBe('2 started');
  expect(engine.calls).toEqual([
    'stop cache-1',
    'remove cache-1 but its volumes',
    'start db-1',
    'policy always:0 for web-1',
    'start web-1',
  ]);
});

test('what did not run before is not started', async () => {
  engine.set({ id: 'web-1', state: 'exited' });
  await stop();
  engine.calls.length = 0;
  await restartAdoptedProject(context, { kind: 'start-project', project: 'old' });
  expect(engine.calls).toContain('start db-1');
  expect(engine.calls).not.toContain('start web-1');
});
