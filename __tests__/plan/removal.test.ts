import { describe, expect, test } from '@jest/globals';
import type { EnvironmentInventory, InventoryContainer } from '../../src/model/inventory.ts';
import {
  keptVolumes,
  planRemoval,
  type RemovalAction,
  removalObstacle,
  removalText,
} from '../../src/plan/removal.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const container = (
  part: InventoryContainer['part'],
  name: string,
  anonymousVolumes: readonly string[] = [],
): InventoryContainer => ({ id: `id-${name}`, name, part, anonymousVolumes, running: true, labels: {} });
const running = { id: 'front', name: 'sealift-front', running: true };

/** An environment with everything that one can have. */
const FULL: EnvironmentInventory = {
  host: hostName('ssh://a'),
  live: releaseId('new'),
  releases: [],
  front: { container: running, domains: ['a.test', 'b.test'], hasFolders: true, isLastApp: true },
  containers: [
    container('records', 'records'),
    container('accessory', 'db', ['anonymous']),
    container('release', 'old-web', ['files']),
    container('release', 'new-web'),
    container('edge', 'edge'),
  ],
  networks: [
    { id: 'n1', name: 'blue', usedBy: [] },
    { id: 'n2', name: 'green', usedBy: [] },
  ],
  images: [{ id: 'i1', tags: ['sealift/shop-test:new-0'], digests: ['shop@sha256:1'], usedElsewhere: false }],
  volumes: [{ name: 'data', usedBy: [] }],
  fileVolumes: [{ name: 'files-1', usedBy: [] }],
  state: { name: 'state', usedBy: [] },
};
const EMPTY: EnvironmentInventory = {
  host: hostName('ssh://a'),
  ...{ live: undefined, front: undefined, state: undefined },
  ...{ releases: [], containers: [], networks: [], images: [], volumes: [], fileVolumes: [] },
};
const keep = { removeVolumes: false };
const all = { removeVolumes: true };
const texts = (inventory: EnvironmentInventory, options = all): readonly string[] =>
  planRemoval(inventory, options).map(removalText);

test('a removal cuts off visitors first, then removes what runs and what that used, and the records last', () => {
  expect(texts(FULL)).toEqual([
    'stop routing a.test and b.test',
    'remove the front, which no other app uses',
    'remove the edge',
    'remove the containers of releases: old-web and new-web',
    'remove the containers of accessories: db',
    'remove the networks blue and green',
    'remove the tags of one image, and what only these tags kept',
    'remove the volumes with files of the checkout',
    'remove the volume data, with all data',
    'remove the records',
  ]);
});

test('images whose tags were pruned are removed too', () => {
  const images = FULL.images.map((each) => ({ ...each, tags: [] }));
  expect(texts({ ...FULL, images })).toContain('remove one image that no tag keeps any more');
});

test('a removal keeps the volumes of the Compose file, and the anonymous ones of accessories, unless they are asked for', () => {
  expect(texts(FULL, keep)).toEqual(texts(FULL).filter((text) => !text.includes('with all data')));
  const keeping = planRemoval(FULL, keep).flatMap((action) =>
    action.kind === 'remove-containers' && action.keepVolumes ? [action.part] : [],
  );
  expect(keeping).toEqual(['accessory']);
  expect(keptVolumes(FULL, keep)).toEqual(['data', 'anonymous']);
  expect(keptVolumes(FULL, all)).toEqual([]);
});

test('there is nothing to remove where only volumes that were kept are left', () => {
  expect(texts(EMPTY)).toEqual([]);
  expect(texts({ ...EMPTY, volumes: FULL.volumes }, keep)).toEqual([]);
  expect(keptVolumes({ ...EMPTY, volumes: FULL.volumes }, keep)).toEqual(['data']);
  expect(texts({ ...EMPTY, volumes: FULL.volumes })).toEqual(['remove the volume data, with all data']);
});

test('the front stays while another app has a domain, and for an app that never used it', () => {
  const front = { container: running, domains: ['a.test'], hasFolders: true, isLastApp: false };
  expect(texts({ ...EMPTY, front })).toEqual(['stop routing a.test']);
  expect(texts({ ...EMPTY, front: { ...front, domains: [], hasFolders: false } })).toEqual([]);
});

test('sockets that a killed removal left on the front are removed', () => {
  const front = { container: running, domains: [], hasFolders: true, isLastApp: false };
  expect(texts({ ...EMPTY, front })).toEqual(['remove the sockets of the edge']);
});

describe('a removal that is killed', () => {
  /** Every step of a plan, as one that was killed after so many objects, or after all of them. */
  const stops = planRemoval(FULL, all).flatMap((action, index) =>
    Array.from({ length: countOf(action) + 1 }, (_, done) => ({ text: removalText(action), index, done })),
  );

  test.each(stops)(
    'in step $index ($text) after $done objects is finished by the next one',
    ({ index, done }) => {
      let left = planRemoval(FULL, all)
        .slice(0, index)
        .reduce((inventory, action) => perform(inventory, action), FULL);
      const interrupted = planRemoval(FULL, all)[index];
      if (interrupted !== undefined) left = perform(left, interrupted, done);
      for (const action of planRemoval(left, all)) left = perform(left, action);
      expect({ ...left, live: undefined }).toEqual(EMPTY);
    },
  );

  test('leaves the records until everything else is gone, so that status never calls a host empty that is not', () => {
    for (const { index, done } of stops) {
      const actions = planRemoval(FULL, all);
      const [action, before] = [actions[index], actions.slice(0, index)];
      const left = before.reduce((inventory, each) => perform(inventory, each), FULL);
      const after = action === undefined ? left : perform(left, action, done);
      if (after.state !== undefined) continue;
      expect({ ...after, live: undefined }).toEqual(EMPTY);
    }
  });
});

describe('nothing is removed', () => {
  test('while the container is stopped in which the domains can be removed', () => {
    const front = { ...FULL.front, container: { ...running, running: false } };
    const full = { ...FULL, front: { domains: ['a.test'], hasFolders: true, isLastApp: false, ...front } };
    expect(removalObstacle(full, keep)).toContain('docker start sealift-front');
    expect(removalObstacle({ ...full, front: { ...full.front, domains: [] } }, keep)).toBeUndefined();
  });

  test('while the container of another app is on a network, or has a volume that is to go', () => {
    const usedBy = ['guest'];
    expect(removalObstacle(FULL, all)).toBeUndefined();
    expect(removalObstacle({ ...FULL, networks: [{ id: 'n', name: 'inner', usedBy }] }, keep)).toContain(
      'docker network disconnect inner guest',
    );
    const used = { ...FULL, volumes: [{ name: 'data', usedBy }] };
    expect(removalObstacle(used, all)).toContain('the container guest has the volume data');
    expect(removalObstacle(used, keep)).toBeUndefined();
    expect(removalObstacle({ ...FULL, state: { name: 'state', usedBy } }, keep)).toContain('docker rm guest');
  });
});

/** How many objects a step removes. */
function countOf(action: RemovalAction): number {
  switch (action.kind) {
    case 'release-domains':
      return action.domains.length + 1;
    case 'remove-containers':
      return action.containers.length;
    case 'remove-networks':
      return action.networks.length;
    case 'remove-images':
      return action.images.length;
    case 'remove-volumes':
      return action.volumes.length;
    case 'remove-state':
      return action.containers.length + 1;
    case 'remove-front':
      return 1;
  }
}

/** What is there after the first `done` objects of a step are removed. Refuses what an engine refuses. */
function perform(
  inventory: EnvironmentInventory,
  action: RemovalAction,
  done = countOf(action),
): EnvironmentInventory {
  const without = <Item>(items: readonly Item[], removed: readonly Item[]): readonly Item[] =>
    items.filter((item) => !removed.slice(0, done).includes(item));
  const { containers, front } = inventory;
  const refuse = (why: string): void => {
    throw new Error(`an engine refuses that: ${why}`);
  };
  switch (action.kind) {
    case 'release-domains':
      return front === undefined
        ? inventory
        : {
            ...inventory,
            front: { ...front, domains: front.domains.slice(done), hasFolders: done < countOf(action) },
          };
    case 'remove-front': {
      if ((front?.domains.length ?? 0) > 0) refuse('the front still has domains');
      return done === 0 ? inventory : { ...inventory, front: undefined };
    }
    case 'remove-containers':
      return { ...inventory, containers: without(containers, action.containers) };
    case 'remove-networks':
      if (containers.some(({ part }) => part !== 'records')) refuse('a container is on the network');
      return { ...inventory, networks: without(inventory.networks, action.networks) };
    case 'remove-images':
      return { ...inventory, images: without(inventory.images, action.images) };
    case 'remove-volumes':
      if (containers.some(({ part }) => part !== 'records')) refuse('a container has the volume');
      return action.ofFiles
        ? { ...inventory, fileVolumes: without(inventory.fileVolumes, action.volumes) }
        : { ...inventory, volumes: without(inventory.volumes, action.volumes) };
    case 'remove-state': {
      const left = without(containers, action.containers);
      return { ...inventory, containers: left, state: done < countOf(action) ? inventory.state : undefined };
    }
  }
}
