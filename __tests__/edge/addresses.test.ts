import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mixed, slotFiles } from '../../src/edge/addresses.ts';
import { ConfigurationError } from '../../src/model/errors.ts';

describe('the address files of a slot', () => {
  test('name the replicas over and over, evenly', () => {
    const written = [...slotFiles('green', new Map([['web-80', ['a:80', 'b:80', 'c:80']]]))];
    expect(written).toHaveLength(24);
    expect(written.slice(0, 4)).toEqual([
      ['green.web-80.0', 'a:80'],
      ['green.web-80.1', 'b:80'],
      ['green.web-80.2', 'c:80'],
      ['green.web-80.3', 'a:80'],
    ]);
    for (const replica of ['a:80', 'b:80', 'c:80'])
      expect(written.filter(([, to]) => to === replica)).toHaveLength(8);
  });

  test.each([
    ['no', []],
    ['more than 24', Array.from({ length: 25 }, (_, index) => `c${index}:80`)],
  ])('refuses a route with %s replicas', (_, replicas) => {
    expect(() => slotFiles('blue', new Map([['web-80', replicas]]))).toThrow(ConfigurationError);
  });
});

test('a mix of two releases never has more replicas than the edge has entries, none of a release twice, and some of each', () => {
  const replicas = (name: string) =>
    fc
      .integer({ min: 0, max: 24 })
      .map((count) => Array.from({ length: count }, (_, index) => `${name}${index}`));
  fc.assert(
    fc.property(replicas('old'), replicas('new'), (old, fresh) => {
      fc.pre(old.length + fresh.length > 0);
      const list = mixed(new Map([['web', old]]), new Map([['web', fresh]])).get('web') ?? [];
      const some = list.filter((each) => each.startsWith('old')).length;
      expect(list).toHaveLength(Math.min(24, old.length + fresh.length));
      expect(new Set(list).size).toBe(list.length);
      expect(some > 0).toBe(old.length > 0);
      expect(list.length - some > 0).toBe(fresh.length > 0);
      // In proportion, to the nearest replica.
      expect(Math.abs(some / list.length - old.length / (old.length + fresh.length))).toBeLessThanOrEqual(
        1 / 24,
      );
    }),
  );
});

test.each([
  [1, 24],
  [24, 1],
])('of %d and %d replicas neither release is left out', (ours, theirs) => {
  const named = (name: string, count: number) =>
    new Map([['web', Array.from({ length: count }, (_, index) => `${name}${index}`)]]);
  const list = mixed(named('old', ours), named('new', theirs)).get('web') ?? [];
  expect(list).toHaveLength(24);
  expect(new Set(list.map((each) => each.slice(0, 3)))).toEqual(new Set(['old', 'new']));
});
