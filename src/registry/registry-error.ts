/** What became of a request to a registry. */
export type RegistryFailure =
  /** It refuses access, to this login or to anybody. */
  | { readonly kind: 'denied' }
  /** It, or the network, fails in a way that may soon be over. `wait`: milliseconds, as it asks. */
  | { readonly kind: 'temporary'; readonly wait?: number | undefined }
  /** It speaks plain HTTP, and the engine of the runner does not allow that. */
  | { readonly kind: 'plain-http' }
  /** It, or the runner's configuration for it, wants something that only `docker` can do. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed' };

/** A request to a registry that failed. The message is what it answered, or what happened; callers say what was asked. */
export class RegistryError extends Error {
  readonly failure: RegistryFailure;

  constructor(failure: RegistryFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}
