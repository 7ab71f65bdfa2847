/** What a prune removes of a host, in which order, and in how many rounds. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Engine, ImageDetails } from '../../src/engine/engine.ts';
import { Conflict } from '../../src/engine/errors.ts';
import type { Release } from '../../src/model/release.ts';
import { NO_RECORDS, withRelease } from '../../src/release/records.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { pruneReleases } from '../../src/rollout/prune-releases.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { containerOf, RoundEngine } from './support/round-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const [OLD, OLDER, LIVE] = [releaseId('11111111'), releaseId('00000000'), releaseId('22222222')];
const releaseOf = (id: string, image = `web@sha256:${id.repeat(8)}`): Release => {
  const release = makeRelease(id, { web: 'served' });
  const [[name, web] = ['web', undefined]] = Object.entries(release.services);
  return web === undefined
    ? release
    : { ...release, services: { [name]: { ...web, image: image as never } } };
};

interface Names {
  readonly tags: readonly string[];
  readonly digests: readonly string[];
}

class PrunedEngine extends RoundEngine {
  readonly images = new Map<string, Names>();
  readonly removed: string[] = [];
  volumes: string[] = [];
  usedVolume: string | undefined;

  #left(): ImageDetails[] {
    return [...this.images].map(([id, { tags, digests }]) => ({
      ...{ id, layers: [], size: 1, platform: '' },
      repoTags: tags.filter((tag) => !this.removed.includes(tag)),
      repoDigests: digests.filter((digest) => !this.removed.includes(digest)),
    }));
  }

  override listContainers: Engine['listContainers'] = async () => {
    await this.see('list');
    return this.containers;
  };
  override removeContainer: Engine['removeContainer'] = async (id) => {
    await this.see(`remove ${id}`);
    this.containers = this.containers.filter((each) => each.id !== id);
  };
  override listImages = async (): Promise<readonly ImageDetails[]> => {
    await this.see('list images');
    return this.#left().filter(({ repoTags }) =>
      repoTags.some((tag) => tag.startsWith('sealift/shop-test:')),
    );
  };
  override inspectImage: Engine['inspectImage'] = async (wanted) => {
    await this.see(`inspect ${wanted}`);
    return this.#left().find(
      ({ id, repoTags, repoDigests }) =>
        id === wanted || repoTags.includes(wanted) || repoDigests.includes(wanted),
    );
  };
  override removeImage: Engine['removeImage'] = async (name) => {
    await this.see(`remove ${name}`);
    this.removed.push(name);
    return true;
  };
  override listVolumes: Engine['listVolumes'] = async () => {
    await this.see('list volumes');
    return this.volumes.map((name) => ({ name, labels: {} }));
  };
  override removeVolume: Engine['removeVolume'] = async (name) => {
    await this.see(`remove ${name}`);
    if (name === this.usedVolume) throw new Conflict(this.host, 'volume is in use');
    this.removed.push(name);
  };
  override writeFiles: Engine['writeFiles'] = () => this.see('write the records');
}

let engine: PrunedEngine;
let context: HostContext;

/** A host with the records of releases. */
function hostWith(...releases: readonly Release[]): void {
  context = testHostContext(engine, new AbortController().signal);
  context.runState.records = releases.reduce(withRelease, NO_RECORDS);
}

const keepImage = (release: Release, id: string, ...tags: readonly string[]): void => {
  const own = `sealift/shop-test:${release.id}-0`;
  const before = engine.images.get(id)?.tags ?? [];
  engine.images.set(id, {
    tags: [...before, own, ...tags],
    digests: Object.values(release.services).map(({ image }) => image),
  });
};

beforeEach(() => {
  engine = new PrunedEngine();
});

const [old, older, live] = [releaseOf(OLD), releaseOf(OLDER), releaseOf(LIVE)];
const imageOf = ({ services }: Release): string => Object.values(services).map(({ image }) => image)[0] ?? '';

test('two releases go in six rounds, and the record last', async () => {
  hostWith(older, old, live);
  for (const [index, each] of [older, old, live].entries()) keepImage(each, `sha256:${index}`);
  engine.containers = [
    containerOf(OLDER, 'older-1'),
    containerOf(OLD, 'old-1'),
    containerOf(OLD, 'old-2'),
    containerOf(LIVE, 'live-1'),
  ];
  engine.volumes = ['shop-test-files-unneeded', 'other-app-files-1'];
  expect(await pruneReleases(context, [OLD, OLDER])).toBe('2 removed');
  expect(engine.rounds.map((calls) => calls.toSorted())).toEqual([
    ['list', 'list images', 'list volumes'],
    ['remove old-1', 'remove old-2', 'remove older-1'],
    [
      'remove sealift/shop-test:00000000-0',
      'remove sealift/shop-test:11111111-0',
      'remove shop-test-files-unneeded',
    ],
    [`inspect ${imageOf(older)}`, `inspect ${imageOf(old)}`],
    [`remove ${imageOf(older)}`, `remove ${imageOf(old)}`],
    ['write the records'],
  ]);
  expect(context.runState.records.releases.map(({ id }) => id)).toEqual([LIVE]);
});

test('the record stays if a container can not be removed, and so does everything that it has', async () => {
  hostWith(old, live);
  keepImage(old, 'sha256:1');
  engine.containers = [containerOf(OLD, 'old-1')];
  engine.removeContainer = () => Promise.reject(new Error('device is busy'));
  await expect(pruneReleases(context, [OLD])).rejects.toThrow('device is busy');
  expect(engine.removed).toEqual([]);
  expect(context.runState.records.releases.map(({ id }) => id)).toEqual([OLD, LIVE]);
});

test('a volume that a container still has stays', async () => {
  hostWith(old, live);
  engine.volumes = ['shop-test-files-1', 'shop-test-files-2'];
  engine.usedVolume = 'shop-test-files-1';
  await pruneReleases(context, [OLD]);
  expect(engine.removed).toEqual(['shop-test-files-2']);
});

describe('an image', () => {
  test('that a kept release is made of keeps its names, and loses the tag of the release that goes', async () => {
    const same = releaseOf(LIVE, imageOf(old));
    hostWith(old, same);
    keepImage(old, 'sha256:1');
    keepImage(same, 'sha256:1');
    await pruneReleases(context, [OLD]);
    expect(engine.removed).toEqual(['sealift/shop-test:11111111-0']);
  });

  test('that only the record of a kept release names, whose tag is gone, stays', async () => {
    const unrecorded = releaseOf('33333333', imageOf(live));
    hostWith(old, live);
    keepImage(unrecorded, 'sha256:1');
    await pruneReleases(context, [OLD]);
    expect(engine.removed).toEqual(['sealift/shop-test:33333333-0']);
  });

  test('that another app or environment keeps, or a person, keeps its other names', async () => {
    hostWith(older, old, live);
    keepImage(old, 'sha256:1', 'sealift/other-test:44444444-0');
    keepImage(older, 'sha256:2', 'mine:1');
    await pruneReleases(context, [OLD, OLDER]);
    expect(engine.removed.toSorted((one, other) => one.localeCompare(other))).toEqual([
      'sealift/shop-test:00000000-0',
      'sealift/shop-test:11111111-0',
    ]);
  });

  test('that came without a registry loses the tag of its digest too', async () => {
    hostWith(old, live);
    const tag = `${imageOf(old).replace('@sha256:', ':sha256-')}`;
    engine.images.set('sha256:1', { tags: ['sealift/shop-test:11111111-0', tag], digests: [] });
    await pruneReleases(context, [OLD]);
    expect(engine.removed).toEqual(['sealift/shop-test:11111111-0', tag]);
  });

  test('that was pulled for a release that no record knows goes, unless something else has a tag of it', async () => {
    hostWith(old, live);
    for (const [id, tags, digest] of [
      ['sha256:1', [`sealift/shop-test:${LIVE}-0`], 'web@sha256:a'],
      ['sha256:2', ['sealift/shop-test:33333333-0'], 'web@sha256:b'],
      ['sha256:3', ['sealift/shop-test:44444444-0', `sealift/shop-test:${LIVE}-1`, 'mine:1'], 'web@sha256:c'],
    ] as const)
      engine.images.set(id, { tags, digests: [digest] });
    await pruneReleases(context, [OLD]);
    expect(engine.removed.toSorted((one, other) => one.localeCompare(other))).toEqual([
      'sealift/shop-test:33333333-0',
      'sealift/shop-test:44444444-0',
      'web@sha256:b',
    ]);
  });

  test('of the release that is about to be recorded keeps its tag', async () => {
    hostWith(old);
    keepImage(live, 'sha256:1');
    await pruneReleases(context, [OLD]);
    expect(engine.removed).toEqual([]);
  });
});
