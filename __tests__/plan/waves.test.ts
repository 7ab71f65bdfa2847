import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Waves } from '../../src/model/request.ts';
import { wavesOf } from '../../src/plan/fleet.ts';

const hosts = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `s${index + 1}`);

test.each<[Waves, number, readonly number[]]>([
  [{ kind: 'all' }, 4, [4]],
  [{ kind: 'hosts', atMost: 1 }, 3, [1, 1, 1]],
  [{ kind: 'hosts', atMost: 2 }, 6, [1, 2, 2, 1]],
  [{ kind: 'hosts', atMost: 9 }, 4, [1, 3]],
  [{ kind: 'share', percent: 25 }, 8, [1, 2, 2, 2, 1]],
  [{ kind: 'share', percent: 1 }, 3, [1, 1, 1]],
  [{ kind: 'hosts', atMost: 2 }, 1, [1]],
])('%j of %d hosts: waves of %j', (waves, count, sizes) => {
  expect(wavesOf(hosts(count), waves).map((wave) => wave.length)).toEqual(sizes);
});

test('every host has its place in exactly one wave, in the order that was given', () => {
  const waves = fc.oneof(
    fc.constant<Waves>({ kind: 'all' }),
    fc.record({ kind: fc.constant('hosts' as const), atMost: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant('share' as const), percent: fc.integer({ min: 1, max: 100 }) }),
  );
  fc.assert(
    fc.property(waves, fc.nat(20), (limit, count) => {
      expect(wavesOf(hosts(count), limit).flat()).toEqual(hosts(count));
    }),
  );
});
