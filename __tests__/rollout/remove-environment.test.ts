import { beforeEach, expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { Conflict } from '../../src/engine/errors.ts';
import { LABEL, labelsOf } from '../../src/model/app-environment.ts';
import type { HostRemoval } from '../../src/plan/removal.ts';
import { NO_RECORDS, withRelease, writeRecords } from '../../src/release/records.ts';
import { removalReport } from '../../src/report/removal-report.ts';
import { removeEnvironment } from '../../src/rollout/remove-environment.ts';
import { makeRelease } from '../plan/world.ts';
import { details, MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const APP = { app: 'shop', environment: 'test' };
const records: ContainerSummary = {
  ...{ id: 'records', name: 'records', imageId: '', state: 'created', ports: [], networks: [], volumes: [] },
  labels: { ...labelsOf(APP), [LABEL.role]: 'records' },
};

const { log: LOG } = testHostContext(new MemoryEngine(), new AbortController().signal);

let engine: MemoryEngine;
let cancelled: AbortController;
let done: string[];

/** A host with a network of the app and its records. The job is cancelled when the first step has ended, or before it began. */
beforeEach(() => {
  cancelled = new AbortController();
  done = [];
  engine = Object.assign(new MemoryEngine(), {
    listContainers: () => Promise.resolve([records]),
    readFiles: () => Promise.resolve(new Map()),
    listNetworks: () => Promise.resolve([{ id: 'inner', name: 'inner', labels: labelsOf(APP) }]),
    listVolumes: () => Promise.resolve([]),
    listImages: () => Promise.resolve([]),
    removeNetwork: (id: string) => Promise.resolve(void done.push(id)),
  });
});

const remove = (): Promise<HostRemoval> =>
  removeEnvironment(engine, APP, {
    ...{ removeVolumes: false, dryRun: false, startedAt: 0, signal: cancelled.signal },
    lock: { assertHeld: () => undefined },
    log: LOG,
    onStepEnd: () => cancelled.abort(new Error('The job was cancelled.')),
  });
const reportOf = (removal: HostRemoval) => removalReport('shop-test', [engine.host], [removal], [], false);

test('a removal that is cancelled begins no further step, and reports none', async () => {
  const removal = await remove();
  expect(done).toEqual(['inner']);
  expect(removal.planned.map(({ kind }) => kind)).toEqual(['remove-networks', 'remove-state']);
  expect(reportOf(removal)).toMatchObject({
    result: 'failed',
    hosts: [{ unknown: true, why: 'The job was cancelled.' }],
    steps: [{ text: 'remove the network inner', ok: true }],
  });
});

test('a removal that is cancelled before its first step has changed nothing on the host', async () => {
  cancelled.abort(new Error('The job was cancelled.'));
  const { hosts, steps } = reportOf(await remove());
  expect(done).toEqual([]);
  expect(steps).toEqual([]);
  expect(hosts).toEqual([{ host: engine.host, why: 'The job was cancelled.' }]);
});

test('anonymous volumes that an update handed on from container to container go with the last one, unless another has them', async () => {
  const own = '1'.repeat(64);
  const shared = '2'.repeat(64);
  const db = { ...records, id: 'db', name: 'db', labels: labelsOf(APP), volumes: [own, shared, 'shop_data'] };
  const removed: string[] = [];
  Object.assign(engine, {
    listContainers: () => Promise.resolve([records, db]),
    listNetworks: () => Promise.resolve([]),
    stopContainer: () => Promise.resolve(),
    removeContainer: () => Promise.resolve(),
    inspectContainer: () => Promise.resolve({ ...details(), id: 'db', name: 'db', labels: labelsOf(APP) }),
    removeVolume: (name: string) => {
      if (name === shared) return Promise.reject(new Conflict(engine.host, 'volume is in use'));
      removed.push(name);
      return Promise.resolve();
    },
  });
  const run = {
    ...{ dryRun: false, startedAt: 0, signal: cancelled.signal, onStepEnd: () => undefined },
    lock: { assertHeld: () => undefined },
    log: LOG,
  };
  const kept = await removeEnvironment(engine, APP, { ...run, removeVolumes: false });
  expect(kept.error).toBeUndefined();
  expect(removed).toEqual([]);
  const gone = await removeEnvironment(engine, APP, { ...run, removeVolumes: true });
  expect(gone.error).toBeUndefined();
  expect(removed).toEqual([own]);
});

test('what runs is stopped after its pre_stop, and what does not run without it', async () => {
  const release = {
    ...makeRelease('22222222', { web: 'served' }),
    compose: { services: { web: { pre_stop: [{ command: ['leave'] }] } } },
    health: { path: undefined, timeout: 60_000 },
  };
  const labels = {
    ...{ ...labelsOf(APP), [LABEL.release]: release.id, 'com.docker.compose.service': 'web' },
  };
  const web = (id: string, state: string): ContainerSummary => ({ ...records, id, name: id, state, labels });
  const { file, content } = writeRecords(withRelease(NO_RECORDS, release));
  const calls: string[] = [];
  Object.assign(engine, {
    listContainers: () => Promise.resolve([records, web('web-1', 'running'), web('web-2', 'exited')]),
    readFiles: () => Promise.resolve(new Map([[file, Buffer.from(content)]])),
    inspectImage: () => Promise.resolve(undefined),
    listNetworks: () => Promise.resolve([]),
    inspectContainer: (id: string) => Promise.resolve({ ...details(), id, name: id, labels }),
    exec: (id: string, argv: readonly string[]) => {
      calls.push(`${argv.join(' ')} in ${id}`);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    },
    stopContainer: (id: string) => Promise.resolve(void calls.push(`stop ${id}`)),
    removeContainer: (id: string) => Promise.resolve(void calls.push(`remove ${id}`)),
  });
  await remove();
  const first = calls.filter((call) => call.includes('web-1'));
  expect(first).toEqual(['leave in web-1', 'stop web-1', 'remove web-1']);
  expect(calls.filter((call) => call.includes('web-2'))).toEqual(['stop web-2', 'remove web-2']);
});
