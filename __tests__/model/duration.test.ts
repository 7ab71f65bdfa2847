import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/model/duration.ts';

describe('parseDuration', () => {
  test.each([
    ['0s', 0],
    ['1ms', 1],
    ['500ms', 500],
    ['60s', 60_000],
    ['1.5s', 1500],
    ['0.1s', 100],
    ['2m', 120_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1h1m1s1ms', 3_661_001],
  ])('reads %s as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    '',
    '60',
    '60 s',
    ' 60s',
    '60S',
    '60sec',
    '-1s',
    '+1s',
    '.5s',
    '1.s',
    '1e3s',
    's',
    '30s1m',
    '1s1s',
    '1m 30s',
    '60s\n',
    '∞s',
    `${'9'.repeat(30)}h`,
  ])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  test.each([
    [0, '0ms'],
    [-5, '0ms'],
    [340.4, '340ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1234, '1.2s'],
    [59_940, '59.9s'],
    [59_960, '1m'],
    [60_000, '1m'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [3_599_700, '1h'],
    [7_500_000, '2h5m'],
    [3_605_000, '1h5s'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test('writes what parseDuration reads, with an error of at most half a second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (milliseconds) => {
        const again = parseDuration(formatDuration(milliseconds));
        expect(again).toBeDefined();
        expect(Math.abs((again ?? 0) - milliseconds)).toBeLessThanOrEqual(milliseconds < 1000 ? 0 : 500);
      }),
    );
  });
});
