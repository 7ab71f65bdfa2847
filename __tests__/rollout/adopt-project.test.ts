import { beforeEach, describe, expect, test } from '@jest/globals';
import { Conflict } from '../../src/engine/errors.ts';
import { LABEL } from '../../src/model/app-environment.ts';
import { restartAdoptedProject, stopAdoptedProject } from '../../src/rollout/adopt-project.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { makeRelease } from '../plan/world.ts';
import { StartingEngine, startingContext } from './support/starting-engine.ts';

/** `web` needs `db`; `mail` is not in the Compose file that is deployed. `cache` was created by the deploy. */
const ALL = makeRelease('22222222', { web: 'served', db: 'internal', mail: 'worker', cache: 'worker' });
const release = makeRelease(
  '22222222',
  { web: 'served' },
  { base: { services: { db: { container_name: 'shop-db' }, cache: { container_name: 'shop-cache' } } } },
);

let engine: StartingEngine;
let context: HostContext;
/** Renames that the engine still does before the run is killed. */
let renamesLeft: number;
let warnings: string[];
const nameOf = async (id: string): Promise<string> => (await engine.inspectContainer(id)).name;

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
  renamesLeft = Number.POSITIVE_INFINITY;
  engine.renameContainer = async (id, name) => {
    if (renamesLeft-- <= 0) throw new Error('killed');
    const all = await listContainers([]);
    if (all.some((each) => each.name === name)) throw new Conflict(engine.host, `${name} is in use`);
    engine.calls.push(`rename ${id} to ${name}`);
    engine.set({ id, name });
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
  warnings = [];
  context = startingContext(engine, release, warnings);
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

describe('a container with the container_name of an accessory', () => {
  const start = (): Promise<string> =>
    restartAdoptedProject(context, { kind: 'start-project', project: 'old' });
  /** Another run on the same host. */
  const nextRun = (): void => {
    engine.calls.length = 0;
    renamesLeft = Number.POSITIVE_INFINITY;
    context = startingContext(engine, release, warnings);
  };
  beforeEach(() => {
    engine.set({ id: 'db-1', name: 'shop-db' });
    engine.set({ id: 'web-1', name: 'shop-web' });
  });

  test('gets another name once all of the project has stopped; what no accessory needs keeps its name', async () => {
    expect(await stop()).toContain('2 stopped, shop-db renamed to shop-db-before-sealift;');
    expect(engine.calls.at(-1)).toBe('rename db-1 to shop-db-before-sealift');
    expect(await nameOf('web-1')).toBe('shop-web');
  });

  test('has its name back before anything of the project starts again', async () => {
    await stop();
    engine.calls.length = 0;
    await start();
    expect(engine.calls.filter((each) => !each.startsWith('policy'))).toEqual([
      'stop cache-1',
      'remove cache-1 but its volumes',
      'rename db-1 to shop-db',
      'start db-1',
      'start web-1',
    ]);
  });

  test('gets it by the next run, too, if the first one was killed between two of them; both ways can be repeated', async () => {
    engine.set({ id: 'web-1', name: 'shop-cache' });
    renamesLeft = 1;
    await expect(stop()).rejects.toThrow('killed');
    nextRun();
    expect(await stop()).toContain('0 stopped');
    await stop();
    const names = ['shop-cache-before-sealift', 'shop-db-before-sealift'];
    expect([await nameOf('web-1'), await nameOf('db-1')]).toEqual(names);
    expect(engine.calls.filter((each) => each.startsWith('rename'))).toHaveLength(1);

    renamesLeft = 1;
    await expect(start()).rejects.toThrow('killed');
    nextRun();
    await start();
    expect([await nameOf('web-1'), await nameOf('db-1')]).toEqual(['shop-cache', 'shop-db']);
    await start();
    expect(warnings).toEqual([]);
  });

  test('starts under the other name, with a warning, where its own is taken by then', async () => {
    await stop();
    engine.set({ id: 'mail-1', name: 'shop-db' });
    await start();
    expect(engine.calls).toContain('start db-1');
    expect(warnings).toEqual(['ssh://one: shop-db-before-sealift keeps that name: shop-db is in use']);
  });

  test('that is not taken over keeps its name', async () => {
    engine.set({ id: 'db-1', name: 'old-db-1' });
    engine.set({ id: 'mail-1', name: 'shop-db' });
    await stop();
    expect(await nameOf('mail-1')).toBe('shop-db');
  });
});
