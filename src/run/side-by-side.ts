/**
 * Something that is begun before its turn. Until somebody asks how it ended its failure is nobody's, and must not end the
 * process as an unhandled rejection.
 */
export function begun<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * What is done side by side, done: also when one fails, nothing of the rest is still under way.
 * @throws the first failure in this order, whichever came first
 */
export async function together<Result>(promises: readonly Promise<Result>[]): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
