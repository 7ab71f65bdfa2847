import { describe, expect, test } from '@jest/globals';
import type { BakeTarget, BuildRecipe } from '../../src/image/bake-definition.ts';
import { buildFingerprint, imageLabels } from '../../src/image/labels.ts';
import { COMMIT } from './support/build.ts';

const NOW = new Date('2026-11-21T12:00:00Z');

describe('labels', () => {
  test('revision, source, time of the commit, version', () => {
    expect(imageLabels(COMMIT, [COMMIT.sha ?? '', 'main'], '1.2.3', NOW)).toEqual({
      'org.opencontainers.image.revision': COMMIT.sha,
      'org.opencontainers.image.source': 'https://github.com/octo/shop',
      'org.opencontainers.image.created': '2026-03-02T08:30:00Z',
      'org.opencontainers.image.version': '1.2.3',
    });
  });

  test('where less is known: now, the first tag, the SHA', () => {
    const less = { ...COMMIT, committedAt: undefined, source: undefined };
    expect(imageLabels(less, [COMMIT.sha ?? '', 'main'], undefined, NOW)).toMatchObject({
      'org.opencontainers.image.created': NOW.toISOString(),
      'org.opencontainers.image.version': 'main',
    });
    expect(imageLabels(less, [COMMIT.sha ?? ''], undefined, NOW)).toMatchObject({
      'org.opencontainers.image.version': COMMIT.sha,
    });
  });
});

describe('the fingerprint', () => {
  const of = (target: Partial<BakeTarget>, tests: readonly string[] = [], workspace = '/w'): string => {
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
    expect(of(target)).not.toBe(of({}));
  });

  test('differs for another test, and for none', () => {
    expect(of({}, ['pytest'])).not.toBe(of({}));
  });

  test('is the same on another runner, in another order, with other caches, time and version', () => {
    const other = {
      args: { B: '2', A: '1' },
      'cache-from': ['x'],
      labels: { 'org.opencontainers.image.version': 'z' },
      'no-cache': true,
    };
    expect(of(other, [], '/home/runner/work')).toBe(of({ args: { A: '1', B: '2' } }));
  });
});
