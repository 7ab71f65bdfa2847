import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canarySlotIn, splitFor } from '../../src/edge/layout.ts';
import { otherSlot, SLOTS, type Slot } from '../../src/model/app-environment.ts';

/** Compares text with text, as the edge does. */
function slotFor(visitor: string, split: string): Slot {
  const canary = canarySlotIn(split);
  if (canary === undefined) return split === 'g' ? 'green' : 'blue';
  const [boundary = ''] = split.split(' ');
  return visitor < boundary ? canary : otherSlot(canary);
}
const bucket = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((each) => each.toString(16).padStart(8, '0'));
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the content of the file split', () => {
  test.each([
    ['green', 0, '0'],
    ['green', 0.05, '0ccccccd green'],
    ['green', 0.5, '80000000 green'],
    ['green', 1, 'g'],
    ['blue', 0, 'g'],
    ['blue', 0.25, '40000000 blue'],
    ['blue', 1, '0'],
  ] as const)('for %s with a share of %d is %s', (slot, part, split) => {
    expect(splitFor(slot, part)).toBe(split);
  });

  test('keeps the visitors of the canary there when its share grows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SLOTS), bucket, share, share, (slot, visitor, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        if (slotFor(visitor, splitFor(slot, less)) === slot)
          expect(slotFor(visitor, splitFor(slot, more))).toBe(slot);
      }),
    );
  });

  test('sends the same visitors to the canary in either slot', () => {
    fc.assert(
      fc.property(bucket, share, (visitor, part) => {
        const isCanary = SLOTS.map((slot) => slotFor(visitor, splitFor(slot, part)) === slot);
        expect(new Set(isCanary).size).toBe(1);
      }),
    );
  });

  test('names the slot of the canary, unless its share is nothing or all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SLOTS), share, (slot, part) => {
        expect(canarySlotIn(splitFor(slot, part))).toBe(part > 0 && part < 1 ? slot : undefined);
      }),
    );
    expect(canarySlotIn(splitFor('green', 1e-12))).toBe('green');
  });
});
