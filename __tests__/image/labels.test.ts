import { describe, expect, test } from '@jest/globals';
import type { BakeTarget, BuildRecipe } from '../../src/image/bake-definition.ts';
import { buildFingerprint, imageLabels } from '../../src/image/labels.ts';
import { COMMIT } from './support/build.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

describe('the labels of an image', () => {
  test('name the revision, source, time of the commit, and version', () => {
    expect(imageLabels(COMMIT, [COMMIT.sha ?? '', 'main'], '1.2.3', NOW)).toEqual({
      'org.opencontainers.image.revision': COMMIT.sha,
      'org.opencontainers.image.source': 'https://github.com/octo/shop',
      'org.opencontainers.image.created': '2026-03-02T08:30:00Z',
      'org.opencontainers.image.version': '1.2.3',
    });
  });

  test('fall back to the current time, the first tag and the SHA', () => {
    const partial = { ...COMMIT, committedAt: undefined, source: undefined };
    expect(imageLabels(partial, [COMMIT.sha ?? '', 'main'], undefined, NOW)).toMatchObject({
      'org.opencontainers.image.created': NOW.toISOString(),
      'org.opencontainers.image.version': 'main',
    });
    expect(imageLabels(partial, [COMMIT.sha ?? ''], undefined, NOW)).toMatchObject({
      'org.opencontainers.image.version': COMMIT.sha,
    });
  });
});

describe('the build fingerprint', () => {
  const fingerprint = (
    target: Partial<BakeTarget>,
    tests: readonly string[] = [],
    workspace = '/w',
  ): string => {
    const recipe: BuildRecipe = {
      id: 'x',
      target: { context: `${workspace}/app`, ...target },
      secrets: new Map(),
      references: [],
      attest: [],
      cacheTo: [],
    };
    return buildFingerprint(recipe, tests, workspace);
  };

  test.each([
    [{ args: { A: '1' } }],
    [{ target: 'prod' }],
    [{ dockerfile: '/w/Other' }],
    [{ context: '/w/other' }],
    [{ platforms: ['linux/arm64'] }],
    [{ labels: { team: 'a' } }],
  ])('differs for %j', (target) => {
    expect(fingerprint(target)).not.toBe(fingerprint({}));
  });

  test('differs for another test, and for no test', () => {
    expect(fingerprint({}, ['pytest'])).not.toBe(fingerprint({}));
  });

  test('is the same on another runner, in another order, with other caches, time and version', () => {
    const other = {
      args: { B: '2', A: '1' },
      'cache-from': ['x'],
      labels: { 'org.opencontainers.image.version': 'z' },
      'no-cache': true,
    };
    expect(fingerprint(other, [], '/home/runner/work')).toBe(fingerprint({ args: { A: '1', B: '2' } }));
  });
});
