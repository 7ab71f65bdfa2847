import { describe, expect, test } from '@jest/globals';
import type { ObservedHost } from '../../src/model/host.ts';
import { planHost } from '../../src/plan/host.ts';
import { deployed, desiredState, type Host, planned, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('prune', () => {
  const ids = ['r1', 'r2', 'r3', 'r4'];
  const host = (): Host => deployed(...ids.map((id) => makeRelease(id, SHOP)));
  const pruned = (one: Host, keep: number, release = next): string | undefined =>
    planned(one, release, { keep }).find((line) => line.startsWith('retire: prune'));

  test.each<[number, string | undefined]>([
    [5, undefined],
    [4, 'retire: prune r1'],
    [3, 'retire: prune r1,r2'],
    [2, 'retire: prune r1,r2,r3'],
    [1, 'retire: prune r1,r2,r3,r4'],
  ])('keep %d counts the new release', (keep, line) => {
    expect(pruned(host(), keep)).toBe(line);
  });

  test('a release that was never accepted is pruned before accepted ones', () => {
    const one = host().deploy(third, { killedBefore: 'switch-traffic' });
    expect(pruned(one, 5)).toBe('retire: prune third');
  });

  test('nothing is pruned where the records can not be read: they would say what is needed', () => {
    const { releases, ...seen } = host().see({ history: [], accepted: undefined });
    const unknown = releases.map((release) => ({ ...release, record: undefined }));
    const lines = (changes: Partial<ObservedHost>): readonly string[] =>
      written(planHost({ ...seen, releases: unknown, ...changes }, desiredState(next))).filter((line) =>
        line.includes('prune'),
      );
    expect(lines({})).not.toEqual([]);
    expect(lines({ recordsUnreadable: true })).toEqual([]);
  });

  describe('failed releases', () => {
    const tried = (...names: readonly string[]): Host =>
      names.reduce(
        (one, id) => one.deploy(makeRelease(id, SHOP), { killedBefore: 'switch-traffic' }),
        host(),
      );
    const first = (one: Host, release = next): readonly string[] =>
      planned(one, release).filter((line) => line.startsWith('recover: prune'));

    test('failed releases are pruned before the next one needs disk space, except the last one, which is evidence', () => {
      expect(first(tried('t1'))).toEqual([]);
      expect(first(tried('t1', 't2', 't3'))).toEqual(['recover: prune t2']);
      expect(first(deployed(old))).toEqual([]);
    });

    test('a failed release stays if it is deployed again or has the traffic', () => {
      expect(first(tried('t1', 't2'), makeRelease('t1', SHOP))).toEqual([]);
      expect(
        first(
          host()
            .deploy(third, { killedBefore: 'accept-release' })
            .deploy(next, { killedBefore: 'start-services' }),
        ),
      ).toEqual([]);
    });

    test('a failed release stays if only its record has the definition of an accessory', () => {
      const one = tried('t1', 't2');
      const { releases, accessories, ...seen } = one.see();
      const known = releases.map((each) =>
        each.id === 't1' && each.record !== undefined
          ? { ...each, record: { ...each.record, definitions: { db: 'postgres 18' } } }
          : each,
      );
      const [db] = deployed(makeRelease('old', SHOP, { base: { services: { db: {} } } })).see().accessories;
      const made = db === undefined ? [] : [{ ...db, definitionFingerprint: 'postgres 18' }];
      const pruned = (hosts: Partial<ObservedHost>): readonly string[] =>
        written(planHost({ ...seen, releases, accessories, ...hosts }, desiredState(next))).filter((line) =>
          line.startsWith('recover: prune'),
        );
      expect(pruned({})).toEqual(['recover: prune t1']);
      expect(pruned({ releases: known, accessories: made })).toEqual([]);
    });
  });

  test('the age of a release counts from its last acceptance, by a manual rollback too', () => {
    const one = host().deploy(makeRelease('r1', SHOP), { command: 'rollback', keep: 9 });
    expect(pruned(one, 3)).toBe('retire: prune r2,r3');
  });
});
