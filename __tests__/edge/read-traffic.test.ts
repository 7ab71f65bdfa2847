import { describe, expect, test } from '@jest/globals';
import { mixAddresses, slotAddressFiles } from '../../src/edge/addresses.ts';
import { readTraffic, readUpstreamContainers } from '../../src/edge/read-traffic.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import { releaseId } from '../support/identifiers.ts';

const APP = { app: 'shop', environment: 'production' };
const OLD = releaseId('11111111');
const NEW = releaseId('22222222');

const files = (contents: Readonly<Record<string, string>>): ReadonlyMap<string, Buffer> =>
  new Map(Object.entries(contents).map(([name, content]) => [name, Buffer.from(content)]));
const read = (contents: Readonly<Record<string, string>>, accepted?: ReleaseId): unknown =>
  readTraffic(files(contents), APP, accepted);

describe('the traffic', () => {
  test.each([
    ['0', 'blue', OLD],
    ['g', 'green', NEW],
  ])('goes to one slot with split %s: %s', (split, slot, release) => {
    const state = { split: `${split}\n`, 'blue.release': `${OLD}\n`, 'green.release': `${NEW}\n` };
    expect(read(state)).toEqual({ slot, release });
    const inVolume = Object.fromEntries(
      Object.entries(state).map(([name, content]) => [`sealift/edge/${name}`, content]),
    );
    expect(read({ ...inVolume, 'sealift/records/a.json': '{}' })).toEqual({ slot, release });
  });

  test.each([
    ['nothing was ever switched', { split: '0\n', 'blue.release': '', 'green.release': '' }],
    ['the volume is empty', {}],
    ['the release of the slot was cleared', { split: 'g\n', 'blue.release': OLD, 'green.release': '\n' }],
    ['split is empty', { split: '', 'blue.release': OLD }],
    ['split names no slot', { split: '80000000 red', 'blue.release': OLD }],
    ['neither slot of a division has a release', { split: '80000000 green', 'blue.release': '' }],
  ])('goes nowhere if %s', (_, state) => {
    expect(read(state)).toBeUndefined();
  });
});

test('the upstream containers are those in the lists of the slots that get requests', () => {
  const lists = Object.fromEntries([
    ...slotAddressFiles('blue', new Map([['web-80', ['shop-production-11111111-web-1:80', 'other:80']]])),
    ...slotAddressFiles('green', new Map([['web-80', ['shop-production-22222222-web-1:80']]])),
  ]);
  const state = { 'blue.release': OLD, 'green.release': NEW, ...lists };
  const upstreams = (split: string): readonly string[] => [
    ...readUpstreamContainers(files({ ...state, split })),
  ];
  expect(upstreams('0')).toEqual(['shop-production-11111111-web-1', 'other']);
  expect(upstreams('g')).toEqual(['shop-production-22222222-web-1']);
  expect(upstreams('80000000 green')).toHaveLength(3);
  expect([...readUpstreamContainers(files({ 'blue.release': OLD }))]).toEqual([]);
});

describe('of two releases that share the visitors,', () => {
  const divided = { split: '0ccccccc green\n', 'blue.release': OLD, 'green.release': NEW };

  test.each([
    ['the accepted one is first', OLD, { slot: 'blue', release: OLD, splitWith: NEW }],
    [
      'the accepted one is first, though it is the canary',
      NEW,
      { slot: 'green', release: NEW, splitWith: OLD },
    ],
    [
      'the former one is first if none was accepted',
      undefined,
      { slot: 'blue', release: OLD, splitWith: NEW },
    ],
    [
      'the former one is first if another one was accepted',
      releaseId('33333333'),
      { slot: 'blue', release: OLD, splitWith: NEW },
    ],
  ])('%s', (_, accepted, traffic) => {
    expect(read(divided, accepted)).toEqual(traffic);
  });

  test('the canary is found by its slot, also in blue', () => {
    expect(read({ ...divided, split: '0ccccccc blue\n' })).toEqual({
      slot: 'green',
      release: NEW,
      splitWith: OLD,
    });
  });

  test('the other one has all the traffic if one is missing', () => {
    expect(read({ ...divided, 'green.release': '' })).toEqual({ slot: 'blue', release: OLD });
    expect(read({ ...divided, 'blue.release': '' })).toEqual({ slot: 'green', release: NEW });
  });
});

describe('a slot with replicas of two releases', () => {
  const container = (release: string, number: number): string =>
    `shop-production-${release}-web-${number}:80`;
  const state = (...replicas: readonly string[]): Record<string, string> => ({
    split: '0',
    'blue.release': OLD,
    'green.release': '',
    ...Object.fromEntries(slotAddressFiles('blue', new Map([['web-80', replicas]]))),
  });

  test('is shared with the release whose containers are in its lists', () => {
    const traffic = { slot: 'blue', release: OLD, splitWith: NEW };
    expect(read(state(container(OLD, 2), container(NEW, 1)))).toEqual(traffic);
    expect(read(state(container(OLD, 2), container(NEW, 1)), OLD)).toEqual(traffic);
  });

  test('belongs to the accepted release, even if the slot is that of the other one', () => {
    expect(read(state(container(OLD, 2), container(NEW, 1)), NEW)).toEqual({
      slot: 'green',
      release: NEW,
      splitWith: OLD,
    });
  });

  test('is not shared with containers of another app, or of no release', () => {
    expect(read(state(container(OLD, 1)))).toEqual({ slot: 'blue', release: OLD });
    expect(
      read(state(container(OLD, 1), 'shop-staging-22222222-web-1:80', 'shop-production-db-1:80')),
    ).toEqual({
      slot: 'blue',
      release: OLD,
    });
  });

  test('is not shared with a release in the slot without requests', () => {
    const idle = slotAddressFiles('green', new Map([['web-80', [container(NEW, 1)]]]));
    expect(read({ ...state(container(OLD, 1)), ...Object.fromEntries(idle), 'green.release': NEW })).toEqual({
      slot: 'blue',
      release: OLD,
    });
  });

  test('has all replicas in one list', () => {
    const one = new Map([
      ['web-80', ['a']],
      ['api-90', ['b']],
    ]);
    const both = mixAddresses(one, new Map([['web-80', ['c', 'd']]]), 2 / 3);
    expect([...both].map(([route, list]) => [route, [...new Set(list)].sort()])).toEqual([
      ['web-80', ['a', 'c', 'd']],
      ['api-90', ['b']],
    ]);
  });
});
