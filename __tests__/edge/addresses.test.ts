import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mixAddresses, slotAddressFiles } from '../../src/edge/addresses.ts';
import { ConfigurationError } from '../../src/model/errors.ts';

describe('the address files of a slot', () => {
  test('name the replicas over and over, evenly', () => {
    const written = [...slotAddressFiles('green', new Map([['web-80', ['a:80', 'b:80', 'c:80']]]))];
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
    expect(() => slotAddressFiles('blue', new Map([['web-80', replicas]]))).toThrow(ConfigurationError);
  });
});

const replicas = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index}`);
const listOf = (ours: number, theirs: number, share: number): readonly string[] =>
  mixAddresses(
    new Map([['web', replicas('old', ours)]]),
    new Map([['web', replicas('new', theirs)]]),
    share,
  ).get('web') ?? [];
const isOld = (entry: string): boolean => entry.startsWith('old');

describe('a list of replicas of two releases', () => {
  test('gives each its share, spread evenly over its replicas, and some to each', () => {
    const count = fc.integer({ min: 1, max: 24 });
    fc.assert(
      fc.property(count, count, fc.double({ min: 0, max: 1, noNaN: true }), (ours, theirs, share) => {
        const list = listOf(ours, theirs, share);
        expect(list).toHaveLength(24);
        const parts = [list.filter(isOld), list.filter((entry) => !isOld(entry))] as const;
        expect(Math.abs(parts[1].length / 24 - share)).toBeLessThanOrEqual(1 / 24);
        for (const [index, part] of parts.entries()) {
          const all = replicas(index === 0 ? 'old' : 'new', index === 0 ? ours : theirs);
          const times = all.map((name) => part.filter((entry) => entry === name).length);
          expect(part.length).toBeGreaterThan(0);
          expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('has the two by turns, so that neither gets many requests in a row', () => {
    expect(listOf(2, 1, 1 / 3).slice(0, 6)).toEqual(['old0', 'old1', 'new0', 'old0', 'old1', 'new0']);
    expect(listOf(1, 1, 0.5).slice(0, 4)).toEqual(['old0', 'new0', 'old0', 'new0']);
  });

  test('is that of the one where the other has none', () => {
    expect(listOf(2, 0, 0.5)).toEqual(['old0', 'old1']);
    expect(listOf(0, 2, 0.5)).toEqual(['new0', 'new1']);
  });
});
