import { progress } from './patience.ts';

/**
 * Does something so many times, some of it side by side; answers what came of each, in order.
 *
 * @param lanes how many at once
 */
export async function times<T>(
  count: number,
  what: (index: number) => Promise<T>,
  lanes = 8,
): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      results[index] = await what(index);
      progress(`${index + 1} of ${count}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** Does something over and over as long as something else is done; answers what that came to, and what was seen meanwhile. */
export async function meanwhile<T, R>(
  done: Promise<R>,
  what: () => Promise<T>,
): Promise<{ readonly result: R; readonly seen: readonly T[] }> {
  const seen: T[] = [];
  const over = new AbortController();
  const going = (async () => {
    while (!over.signal.aborted) seen.push(await what());
  })();
  try {
    return { result: await done, seen };
  } finally {
    over.abort();
    await going;
  }
}
