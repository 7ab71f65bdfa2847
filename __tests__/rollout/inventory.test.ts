import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ContainerSummary, Labels } from '../../src/engine/engine.ts';
import { LABEL, labelsOf } from '../../src/model/app-environment.ts';
import { takeInventory } from '../../src/rollout/inventory.ts';
import { details, MemoryEngine } from './support/memory-engine.ts';

const APP = { app: 'shop', environment: 'test' };
const OWN = labelsOf(APP);
const IMAGE = { id: 'sha256:1', repoTags: ['sealift/shop-test:a-0'], repoDigests: ['shop@sha256:1'] };
const ANONYMOUS = 'a'.repeat(64);

function container(name: string, labels: Labels, changes: Partial<ContainerSummary> = {}): ContainerSummary {
  return {
    ...{ id: name, name, imageId: '', labels, state: 'running', ports: [], networks: [], volumes: [] },
    ...changes,
  };
}
const role = (name: string): Labels => ({ ...OWN, [LABEL.role]: name });
const edge = container('edge', role('edge'), { volumes: ['shop-test-sealift', 'sealift-front'] });
const front = container('front', { [LABEL.role]: 'front' });

let engine: MemoryEngine;
let containers: ContainerSummary[];
let frontFiles: readonly (readonly [path: string, content: string])[];

beforeEach(() => {
  containers = [container('records', role('records'))];
  frontFiles = [];
  const named = (...names: readonly string[]) => names.map((name) => ({ name, id: name, labels: OWN }));
  engine = new MemoryEngine();
  Object.assign(engine, {
    listContainers: () => Promise.resolve(containers),
    inspectContainer: (id: string) => Promise.resolve(details({ id })),
    readFiles: (_: string, path: string) =>
      Promise.resolve(
        new Map((path === '/front' ? frontFiles : []).map(([name, text]) => [name, Buffer.from(text)])),
      ),
    listNetworks: () => Promise.resolve(named('inner')),
    listVolumes: (labels: readonly string[]) =>
      Promise.resolve(
        labels.includes('sealift.role=files')
          ? named('files-1')
          : named('data', 'files-1', 'shop-test-sealift'),
      ),
    listImages: () => Promise.resolve([IMAGE]),
    inspectImage: () => Promise.resolve(IMAGE),
  });
});

test('the containers of an environment are its edge, its records, its accessories, and all others its releases', async () => {
  containers.push(
    edge,
    container('web', { ...OWN, [LABEL.release]: '1a2b3c4d' }),
    container('migration', role('hook')),
    container('db', OWN, { volumes: ['data', ANONYMOUS] }),
    container('stranger', labelsOf({ ...APP, environment: 'production' })),
  );
  const found = await takeInventory(engine, APP);
  expect(
    found.containers.map(({ name, part, anonymousVolumes }) => [name, part, ...anonymousVolumes]),
  ).toEqual([
    ['records', 'records'],
    ['edge', 'edge'],
    ['web', 'release'],
    ['migration', 'release'],
    ['db', 'accessory', ANONYMOUS],
  ]);
  expect(found.volumes).toEqual([{ name: 'data', usedBy: [] }]);
  expect(found.fileVolumes).toEqual([{ name: 'files-1', usedBy: [] }]);
  expect(found.state).toEqual({ name: 'shop-test-sealift', usedBy: [] });
});

test('a container of somebody else is in the way on a network while it runs, on a volume even stopped, and keeps its image', async () => {
  const uses = { networks: ['inner'], volumes: ['data'], imageId: IMAGE.id };
  containers.push(container('on', {}, uses), container('off', {}, { ...uses, state: 'exited' }));
  const found = await takeInventory(engine, APP);
  expect(found.networks).toEqual([{ id: 'inner', name: 'inner', usedBy: ['on'] }]);
  expect(found.volumes).toEqual([{ name: 'data', usedBy: ['on', 'off'] }]);
  expect(found.images[0]?.usedElsewhere).toBe(true);
});

test('an image that another tag names is used elsewhere, and one that only an own container runs is not', async () => {
  containers.push(container('web', { ...OWN, [LABEL.release]: '1a2b3c4d' }, { imageId: IMAGE.id }));
  expect((await takeInventory(engine, APP)).images).toEqual([
    { id: IMAGE.id, tags: IMAGE.repoTags, digests: IMAGE.repoDigests, usedElsewhere: false },
  ]);
  const tagged = { ...IMAGE, repoTags: [...IMAGE.repoTags, 'sealift/shop-test-b:a-0'] };
  Object.assign(engine, { inspectImage: () => Promise.resolve(tagged) });
  expect((await takeInventory(engine, APP)).images).toMatchObject([
    { tags: IMAGE.repoTags, usedElsewhere: true },
  ]);
});

describe('on the front, an environment', () => {
  const own = [
    ['domains/a.test/owner', 'shop-test domains\n'],
    ['apps/shop-test.domains/.keep', ''],
  ] as const;
  const foreign = [
    ['domains/b.test/owner', 'shop-test-b domains\n'],
    ['apps/shop-test-b.domains/.keep', ''],
  ] as const;

  test('has nothing on a host without a front', async () => {
    expect((await takeInventory(engine, APP)).front).toBeUndefined();
  });

  test('has its own domains and directories only, and leaves the front to others', async () => {
    containers.push(front);
    frontFiles = [...own, ...foreign];
    const shared = { domains: ['a.test'], hasFolders: true, isLastApp: false };
    expect((await takeInventory(engine, APP)).front).toMatchObject(shared);
    frontFiles = own;
    expect((await takeInventory(engine, APP)).front).toMatchObject({ ...shared, isLastApp: true });
  });

  test('without any part of it does not take away a front that another app may be about to use', async () => {
    containers.push(front);
    expect((await takeInventory(engine, APP)).front).toMatchObject({ domains: [], isLastApp: false });
    frontFiles = foreign;
    expect((await takeInventory(engine, APP)).front).toMatchObject({ domains: [], hasFolders: false });
  });

  test('is reached through its edge while the front is stopped', async () => {
    frontFiles = own;
    containers.push({ ...front, state: 'exited' }, edge);
    expect((await takeInventory(engine, APP)).front?.container).toEqual({
      id: 'edge',
      name: 'edge',
      running: true,
    });
    containers.pop();
    expect((await takeInventory(engine, APP)).front?.container).toMatchObject({
      id: 'front',
      running: false,
    });
  });
});

test('an environment whose names belong to another app on the host is not touched', async () => {
  containers = [];
  const labels = labelsOf({ app: 'shop-test', environment: 'b' });
  Object.assign(engine, { inspectVolume: () => Promise.resolve({ name: 'shop-test-b-sealift', labels }) });
  await expect(takeInventory(engine, { app: 'shop', environment: 'test-b' })).rejects.toThrow(
    /two apps would have the name shop-test-b/,
  );
});
