/**
 * Lets something run in the background. A failure reaches whoever awaits the result, and does not end the process as an
 * unhandled rejection before that.
 */
export function inBackground<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}

/** Something that opens in the background. It is closed at the end of its scope, whether it was used or not. */
export interface Opening<Resource> extends AsyncDisposable {
  readonly opened: Promise<Resource>;
}

/**
 * Starts to open a resource, and closes it at the end of the scope if it could be opened.
 * @param opening may find that there is nothing to open
 */
export function openInBackground<Resource extends AsyncDisposable | undefined>(
  opening: Promise<Resource>,
): Opening<Resource> {
  const opened = inBackground(opening);
  return {
    opened,
    async [Symbol.asyncDispose]() {
      const resource = await opened.catch(() => undefined);
      await resource?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * Waits for all of them, so that nothing is still running when one has failed.
 * @throws the first failure in the order of the list, whichever came first in time
 */
export async function allOrThrow<Results extends readonly unknown[] | []>(
  promises: Results,
): Promise<{ -readonly [Key in keyof Results]: Awaited<Results[Key]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
