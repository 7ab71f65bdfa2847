import { describe, expect, test } from '@jest/globals';
import { enterLoginQueue } from '../../src/engine/login-queue.ts';

/** Six may be inside: sshd begins to refuse at ten. */
const PLACES = 6;

/** Whether a promise is settled once everything that is ready has run. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise((resolve) => setImmediate(resolve));
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('the line before a machine', () => {
  test('lets a few in, and each of the others when one leaves, in their order', async () => {
    const inside = await Promise.all(Array.from({ length: PLACES }, () => enterLoginQueue('one')));
    const [next, last] = [enterLoginQueue('one'), enterLoginQueue('one')];
    expect([await isOpen(next), await isOpen(last)]).toEqual([false, false]);
    inside[0]?.();
    expect([await isOpen(next), await isOpen(last)]).toEqual([true, false]);
    inside[1]?.();
    expect(await isOpen(last)).toBe(true);
  });

  test('counts who leaves twice once', async () => {
    const inside = await Promise.all(Array.from({ length: PLACES }, () => enterLoginQueue('two')));
    inside[0]?.();
    inside[0]?.();
    await enterLoginQueue('two');
    expect(await isOpen(enterLoginQueue('two'))).toBe(false);
  });

  test('is its own for each machine', async () => {
    await Promise.all(Array.from({ length: PLACES }, () => enterLoginQueue('three')));
    expect(await isOpen(enterLoginQueue('four'))).toBe(true);
  });
});
