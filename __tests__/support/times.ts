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
    for (let index = next++; index < count; index = next++) results[index] = await what(index);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
