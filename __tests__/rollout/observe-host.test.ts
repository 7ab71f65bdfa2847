import { expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { LABEL, labelsOf } from '../../src/model/app-environment.ts';
import { NO_RECORDS, withRelease, writeRecords } from '../../src/release/records.ts';
import { requiredEdgeFingerprint } from '../../src/rollout/edge-actions.ts';
import { observeHost } from '../../src/rollout/observe-host.ts';
import { makeRelease } from '../plan/world.ts';
import { type details, MemoryEngine } from './support/memory-engine.ts';

const RELEASE = makeRelease('22222222', { web: 'served' });

/** A host with the records of a release and one container of it. */
function hostWith(changes: Parameters<typeof details>[0]): MemoryEngine {
  const engine = new MemoryEngine();
  const { file, content } = writeRecords(withRelease(NO_RECORDS, RELEASE));
  const labels = { ...labelsOf(RELEASE), [LABEL.restart]: 'always' };
  const web = engine.set({
    ...{ labels: { ...labels, [LABEL.release]: RELEASE.id, 'com.docker.compose.service': 'web' } },
    ...changes,
  });
  const summaryOf = (id: string, own: ContainerSummary['labels']): ContainerSummary => ({
    ...{ id, name: id, imageId: '', labels: own, state: 'created', ports: [], networks: [], volumes: [] },
  });
  const records = summaryOf('records', { ...labels, [LABEL.role]: 'records' });
  return Object.assign(engine, {
    listContainers: () => Promise.resolve([records, summaryOf(web.id, web.labels)]),
    listVolumes: () => Promise.resolve([]),
    readFiles: () => Promise.resolve(new Map([[file, Buffer.from(content)]])),
  });
}

test('an observed release has its record, its slot and the fingerprint of the edge that its routes need', async () => {
  const networks = { 'shop-test-green': { ipv4: '', endpoint: {} } };
  const { host } = await observeHost(hostWith({ networks }), RELEASE);
  expect(requiredEdgeFingerprint(RELEASE)).toBeDefined();
  expect(host.releases).toEqual([
    expect.objectContaining({
      ...{ id: RELEASE.id, slot: 'green', edgeFingerprint: requiredEdgeFingerprint(RELEASE) },
      record: expect.objectContaining({ id: RELEASE.id }),
    }),
  ]);
});

test.each([
  ['running', 'always', undefined],
  ['running', 'no', 'missing'],
  ['exited', 'no', 'disabled'],
  ['exited', 'always', 'not-disabled'],
] as const)(
  'a container that is %s with the policy %s has the policy state %s',
  async (state, restartPolicy, expected) => {
    const { host } = await observeHost(hostWith({ state, restartPolicy }), RELEASE);
    expect(host.releases[0]?.containers[0]?.restartPolicyState).toBe(expected);
  },
);
