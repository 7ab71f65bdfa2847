import { beforeEach, expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { LABEL, labelsOf } from '../../src/model/app-environment.ts';
import type { HostRemoval } from '../../src/plan/removal.ts';
import { removalReport } from '../../src/report/removal-report.ts';
import { removeEnvironment } from '../../src/rollout/remove-environment.ts';
import { MemoryEngine } from './support/memory-engine.ts';

const APP = { app: 'shop', environment: 'test' };
const records: ContainerSummary = {
  ...{ id: 'records', name: 'records', imageId: '', state: 'created', ports: [], networks: [], volumes: [] },
  labels: { ...labelsOf(APP), [LABEL.role]: 'records' },
};

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
