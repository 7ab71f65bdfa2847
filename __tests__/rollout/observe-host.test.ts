import { describe, expect, test } from '@jest/globals';
import type { ContainerSummary } from '../../src/engine/engine.ts';
import { LABEL, labelsOf } from '../../src/model/app-environment.ts';
import { RECORD_FORMAT } from '../../src/release/record-format.ts';
import { NO_RECORDS, withRelease, writeRecords } from '../../src/release/records.ts';
import { cleanUpKilledRun } from '../../src/rollout/clean-up-killed-run.ts';
import { requiredEdgeFingerprint } from '../../src/rollout/edge-actions.ts';
import { lookAgain, lookAtHost, observeHost } from '../../src/rollout/observe-host.ts';
import { makeRelease } from '../plan/world.ts';
import { details, MemoryEngine } from './support/memory-engine.ts';

const RELEASE = makeRelease('22222222', { web: 'served' });

/** A host with the records of a release and one container of it. */
function hostWith(changes: Parameters<typeof details>[0], release = RELEASE): MemoryEngine {
  const engine = new MemoryEngine();
  const { file, content } = writeRecords(withRelease(NO_RECORDS, release));
  const labels = { ...labelsOf(RELEASE), [LABEL.restart]: 'always' };
  const web = engine.set({
    ...{ labels: { ...labels, [LABEL.release]: RELEASE.id, 'com.docker.compose.service': 'web' } },
    ...changes,
  });
  const summaryOf = (id: string, own: ContainerSummary['labels']): ContainerSummary => ({
    ...{ id, name: id, imageId: '', labels: own, state: 'created', networks: [] },
    ports: [
      { port: 80, protocol: 'tcp' },
      { port: 443, protocol: 'tcp' },
    ],
    volumes: ['a', 'b'],
  });
  const records = summaryOf('records', { ...labels, [LABEL.role]: 'records' });
  return Object.assign(engine, {
    listContainers: () => Promise.resolve([records, summaryOf(web.id, web.labels)]),
    listVolumes: () => Promise.resolve([]),
    listNetworks: () => Promise.resolve([]),
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

test('a release that needs no network of a slot has a slot all the same, so that the next one can replace it in batches', async () => {
  const networks = { proxy: { ipv4: '', endpoint: {} } };
  const slotOf = async (release: typeof RELEASE) =>
    (await observeHost(hostWith({ networks }, release), RELEASE)).host.releases[0]?.slot;
  expect(await slotOf({ ...RELEASE, routes: [] })).toBe('blue');
  expect(await slotOf(RELEASE)).toBeUndefined();
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

test('records that a newer Sealift has written are refused, with the host and both formats', async () => {
  const content = `{"sequence":1,"format":${RECORD_FORMAT + 1},"sha256":"…"}\n{}\n`;
  const engine = Object.assign(hostWith({}), {
    readFiles: () => Promise.resolve(new Map([['records/b.json', Buffer.from(content)]])),
  });
  await expect(observeHost(engine, RELEASE)).rejects.toThrow(
    /^ssh:\/\/one: the records of this app were written by a newer Sealift \(format 2; this one knows 1\)/,
  );
});

test('a host whose records can not be read says so, and has its releases by their containers', async () => {
  const engine = Object.assign(hostWith({}), {
    readFiles: () => Promise.resolve(new Map([['records/b.json', Buffer.from('garbage')]])),
  });
  const { host } = await observeHost(engine, RELEASE);
  expect(host.recordsUnreadable).toBe(true);
  expect(host.releases).toMatchObject([{ id: RELEASE.id, record: undefined }]);
  expect((await observeHost(hostWith({}), RELEASE)).host).not.toHaveProperty('recordsUnreadable');
});

describe('a second look a moment later', () => {
  /** A host that was looked at, and the calls that the second look makes after a change. */
  async function lookTwice(change: (containers: ContainerSummary[]) => void, before?: ContainerSummary) {
    const engine = hostWith({});
    const containers = [...(await engine.listContainers([])), ...(before === undefined ? [] : [before])];
    const calls: string[] = [];
    const counted = <Result>(name: string, call: (...args: never[]) => Promise<Result>) =>
      Object.assign(engine, {
        [name]: (...args: never[]) => {
          calls.push(name);
          return call(...args);
        },
      });
    counted('listContainers', () => Promise.resolve([...containers]));
    counted('readFiles', engine.readFiles.bind(engine));
    counted('inspectContainer', engine.inspectContainer.bind(engine));
    counted('listVolumes', () => Promise.resolve([]));
    counted('listNetworks', () => Promise.resolve([{ id: '1', name: 'bridge', labels: {}, subnets: [] }]));
    const first = await lookAtHost(engine, RELEASE);
    containers.forEach(({ ports, volumes }, index) => {
      const turned = { ports: ports.toReversed(), volumes: volumes.toReversed() };
      Object.assign(containers, { [index]: { ...containers[index], ...turned } });
    });
    change(containers);
    calls.length = 0;
    const second = await lookAgain(engine, RELEASE, first, [], 'lock');
    return { first: first.observation, second: second.observation, calls, engine };
  }
  const lock: ContainerSummary = {
    ...{ id: 'lock', name: 'shop-test-lock', imageId: '', labels: {}, state: 'created' },
    ...{ ports: [], networks: [], volumes: [] },
  };

  test('asks for containers and files only, of which the own lock is none', async () => {
    const { first, second, calls } = await lookTwice((containers) => containers.push(lock));
    expect(second.host).toEqual({ ...first.host, foreignContainers: [lock.name] });
    expect(second.records).toEqual(first.records);
    expect(second.host.networkNames).toEqual(['bridge']);
    expect(new Set(calls)).toEqual(new Set(['listContainers', 'readFiles']));
  });

  test.each<[string, (containers: ContainerSummary[]) => void]>([
    ['a container has another state', (all) => all.push({ ...(all.pop() ?? lock), state: 'exited' })],
    ['a container is new', (all) => all.push({ ...lock, id: 'other', labels: labelsOf(RELEASE) })],
    ['a container is gone', (all) => all.pop()],
  ])('is a whole one if %s', async (_, change) => {
    const { calls } = await lookTwice(change);
    expect(calls).toContain('listNetworks');
  });

  test('has the containers of others as they are now, and is no whole one for them', async () => {
    const stranger = { ...lock, id: 'other', name: 'other', ports: [{ port: 80, protocol: 'tcp' as const }] };
    const { first, second, calls } = await lookTwice((all) => all.push(stranger));
    expect(new Set(calls)).toEqual(new Set(['listContainers', 'readFiles']));
    expect([first, second].map(({ host }) => host.foreignContainers)).toEqual([[], ['other']]);
    expect(second.host.heldPorts.map(({ container }) => container)).toEqual(['other']);
  });

  test('is a whole one if another run had the lock at the first', async () => {
    const { calls } = await lookTwice((containers) => {
      containers.pop();
      containers.push({ ...lock, id: 'own lock' });
    }, lock);
    expect(calls).toContain('listNetworks');
  });

  test('has what another run wrote meanwhile', async () => {
    const engine = hostWith({});
    Object.assign(engine, { listNetworks: () => Promise.resolve([]) });
    const first = await lookAtHost(engine, RELEASE);
    const { file, content } = writeRecords(NO_RECORDS);
    Object.assign(engine, { readFiles: () => Promise.resolve(new Map([[file, Buffer.from(content)]])) });
    const second = await lookAgain(engine, RELEASE, first);
    expect(first.observation.records.releases).toHaveLength(1);
    expect(second.observation.records.releases).toHaveLength(0);
  });
});

describe('a look during which the run gets its lock', () => {
  /** The lists that the engine answers with, one after the other, and how often the look began. */
  async function lookWhileLocking(lists: readonly (readonly string[])[], lock?: string) {
    const engine = hostWith({});
    const [records, web] = await engine.listContainers([]);
    const others = (name: string): readonly ContainerSummary[] =>
      records === undefined || web === undefined
        ? []
        : [
            ...[records, web],
            ...(name === ''
              ? []
              : [{ ...web, id: name, name, ...(name.startsWith('foreign') && { labels: {} }) }]),
          ];
    let count = 0;
    Object.assign(engine, {
      listContainers: () => {
        count += 1;
        const [name = ''] = lists[count - 1] ?? [];
        return Promise.resolve(others(name));
      },
    });
    const look = await lookAtHost(engine, RELEASE, [], Promise.resolve(lock));
    return { engine, look, lists: count };
  }

  test('lists the containers again beside the rest, and need not be repeated if none has changed', async () => {
    const { engine, look, lists } = await lookWhileLocking([[], ['lock']], 'lock');
    expect([look.isLocked, lists]).toEqual([true, 2]);
    const inspected = engine.inspections;
    Object.assign(engine, { listContainers: undefined, readFiles: undefined });
    expect((await lookAgain(engine, RELEASE, look)).observation).toEqual(look.observation);
    expect(engine.inspections).toBe(inspected);
  });

  test('begins anew if another run has changed something until then', async () => {
    const { look, lists } = await lookWhileLocking([['stranger'], ['lock'], ['lock'], ['lock']], 'lock');
    expect([look.isLocked, lists]).toEqual([true, 4]);
  });

  test('takes containers of others as they are at the end, and is not repeated for them', async () => {
    const { look, lists } = await lookWhileLocking([['foreign-1'], ['foreign-2']], 'lock');
    expect(lists).toBe(2);
    expect(look.observation.host.foreignContainers).toEqual(['foreign-2']);
  });

  test('does not count as one under the lock if the run does not get it', async () => {
    const { look, lists } = await lookWhileLocking([[]]);
    expect([look.isLocked, lists]).toEqual([false, 1]);
  });
});

test.each(['hook', 'trial', 'probe'] as const)(
  'what a run that is gone has left in the role %s is removed, and nothing else',
  async (role) => {
    const engine = hostWith({});
    const listed = await engine.listContainers([]);
    const [records] = listed;
    if (records === undefined) throw new Error('no records');
    const left: ContainerSummary = {
      ...records,
      id: 'left',
      labels: { ...records.labels, [LABEL.role]: role },
    };
    const foreign = { ...left, id: 'foreign', labels: { ...left.labels, [LABEL.app]: 'other' } };
    const removed: string[] = [];
    Object.assign(engine, {
      listContainers: () => Promise.resolve([...listed, left, foreign]),
      removeContainer: (id: string) => Promise.resolve(void removed.push(id)),
    });
    await cleanUpKilledRun([engine], [await observeHost(engine, RELEASE)]);
    expect(removed).toEqual(['left']);
  },
);

test.each([
  ['gets its name', [], ['left → shop-db-1']],
  ['goes as long as the former is there', ['shop-db-1'], ['left removed']],
])('a container that Compose was recreating when it was killed %s', async (_, others, changes) => {
  const engine = hostWith({});
  const listed = await engine.listContainers([]);
  const [records] = listed;
  if (records === undefined) throw new Error('no records');
  const compose = { 'com.docker.compose.service': 'db', 'com.docker.compose.replace': 'db-1' };
  const accessory = { ...records, labels: { ...labelsOf(RELEASE), ...compose } };
  const named = (id: string, name: string): ContainerSummary => ({ ...accessory, id, name });
  const left = named('left', '2e2c863cc326_shop-db-1');
  const seen: string[] = [];
  Object.assign(engine, {
    listContainers: () => Promise.resolve([...listed, left, ...others.map((name) => named('other', name))]),
    inspectContainer: (id: string) => Promise.resolve({ ...details({ labels: accessory.labels }), id }),
    renameContainer: (id: string, name: string) => Promise.resolve(void seen.push(`${id} → ${name}`)),
    removeContainer: (id: string) => Promise.resolve(void seen.push(`${id} removed`)),
  });
  await cleanUpKilledRun([engine], [await observeHost(engine, RELEASE)]);
  expect(seen).toEqual(changes);
});
