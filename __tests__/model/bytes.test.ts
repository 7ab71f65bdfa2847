import { expect, test } from '@jest/globals';
import { formatBytes } from '../../src/model/bytes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [57_312_004, '57.3 MB'],
  [999_960, '1 MB'],
  [1_234_000_000, '1.2 GB'],
  [5_600_000_000_000_000, '5600 TB'],
])('%d bytes are shown as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
