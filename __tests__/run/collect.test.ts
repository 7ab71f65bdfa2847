import { expect, test } from '@jest/globals';
import { collect } from '../../src/run/collect.ts';

/** Endless, unless somebody has enough. */
async function* chunks(count: number, ended: () => void): AsyncGenerator<Buffer> {
  try {
    for (let index = 0; index < count; index += 1) yield Buffer.alloc(1_000, 'x');
  } finally {
    ended();
  }
}

test('a stream is read to its end', async () => {
  const { body, isCut } = await collect(
    chunks(5, () => undefined),
    5_000,
  );
  expect({ length: body.length, isCut }).toEqual({ length: 5_000, isCut: false });
});

test('an endless one is read as far as it may be, and ended', async () => {
  let ended = false;
  const { body, isCut } = await collect(
    chunks(Number.POSITIVE_INFINITY, () => {
      ended = true;
    }),
    10_500,
  );
  expect({ length: body.length, isCut, ended }).toEqual({ length: 10_500, isCut: true, ended: true });
});
