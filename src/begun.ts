/**
 * Something that is begun before its turn. Until somebody asks how it ended its failure is nobody's, and must not end the
 * process as an unhandled rejection.
 */
export function begun<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => undefined);
  return promise;
}
