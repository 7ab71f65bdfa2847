import { describe, expect, test } from '@jest/globals';
import { type AddressRange, freeSubnets, parseRange, rangeText } from '../../src/model/address-range.ts';

const range = (text: string): AddressRange => {
  const parsed = parseRange(text);
  if (parsed === undefined) throw new Error(`${text} is no range.`);
  return parsed;
};

test.each(['10.201.0.0/16', '192.168.255.0/24', '0.0.0.0/0', '255.255.255.255/32'])(
  '%s is a range, and is written as it was',
  (text) => {
    expect(rangeText(range(text))).toBe(text);
  },
);

test.each(['10.201.0.1/16', '10.0.0.0', '10.0.0/8', '256.0.0.0/8', '10.0.0.0/33', 'fd00::/64', ''])(
  '"%s" is not an IPv4 range',
  (text) => {
    expect(parseRange(text)).toBeUndefined();
  },
);

describe('the free subnets of a range', () => {
  const free = (pool: string, ...taken: readonly string[]): readonly string[] =>
    [...freeSubnets(range(pool), taken.map(range))].map(rangeText);

  test('are all of 256 addresses in it', () => {
    expect(free('172.23.0.0/16')).toHaveLength(256);
    expect(free('10.0.4.0/23')).toEqual(['10.0.4.0/24', '10.0.5.0/24']);
  });

  test('leave out what larger and smaller networks use', () => {
    expect(free('10.0.4.0/22', '10.0.4.0/25', '10.0.6.0/23')).toEqual(['10.0.5.0/24']);
    expect(free('10.0.4.0/22', '10.0.0.0/16')).toEqual([]);
  });

  test('are none if the range is smaller', () => {
    expect(free('10.0.4.0/25')).toEqual([]);
  });
});
