/**
 * Something that is begun before its turn. Until somebody asks how it ended its failure is nobody's, and must not end the
 * process as an unhandled rejection.
 */
export function inBackground<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * What is done side by side, done: also when one fails, nothing of the rest is still under way.
 * @throws the first failure in this order, whichever came first
 */
export async function allOrThrow<Results extends readonly unknown[] | []>(
  promises: Results,
): Promise<{ -readonly [Key in keyof Results]: Awaited<Results[Key]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
