import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canarySlotIn, splitFor } from '../../src/edge/layout.ts';
import { otherSlot, SLOTS, type Slot } from '../../src/model/release.ts';

/** As the edge compares them: text with text. */
function slotOf(visitor: string, split: string): Slot {
  const canary = canarySlotIn(split);
  if (canary === undefined) return split === 'g' ? 'green' : 'blue';
  const [boundary = ''] = split.split(' ');
  return visitor < boundary ? canary : otherSlot(canary);
}
const bucket = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((each) => each.toString(16).padStart(8, '0'));
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the boundary of a share', () => {
  test.each([
    ['green', 0, '0'],
    ['green', 0.05, '0ccccccd green'],
    ['green', 0.5, '80000000 green'],
    ['green', 1, 'g'],
    ['blue', 0, 'g'],
    ['blue', 0.25, '40000000 blue'],
    ['blue', 1, '0'],
  ] as const)('of %s at %d is %s', (slot, part, split) => {
    expect(splitFor(slot, part)).toBe(split);
  });

  test('never leads back who has met the canary, as its share grows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SLOTS), bucket, share, share, (slot, visitor, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        if (slotOf(visitor, splitFor(slot, less)) === slot)
          expect(slotOf(visitor, splitFor(slot, more))).toBe(slot);
      }),
    );
  });

  test('leads the same visitors to the canary, whichever slot it stands in', () => {
    fc.assert(
      fc.property(bucket, share, (visitor, part) => {
        const met = SLOTS.map((slot) => slotOf(visitor, splitFor(slot, part)) === slot);
        expect(new Set(met).size).toBe(1);
      }),
    );
  });

  test('is a division that names the slot of the canary, unless the share is none or all', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SLOTS), share, (slot, part) => {
        expect(canarySlotIn(splitFor(slot, part))).toBe(part > 0 && part < 1 ? slot : undefined);
      }),
    );
    expect(canarySlotIn(splitFor('green', 1e-12))).toBe('green');
  });
});
