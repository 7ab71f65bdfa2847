import type { AppEnvironment } from './app-environment.ts';
import type { ReleaseId, ServiceName } from './identifiers.ts';
import type { PinnedImage } from './image.ts';
import type { Origin } from './release.ts';

/** A service of a release on a cluster. */
export interface ClusterService {
  readonly name: ServiceName;
  readonly image: PinnedImage;
  /** The image in the file, for one that is not built here: `postgres:17`. Its digest was looked up. */
  readonly reference: string | undefined;
}

/**
 * A release on a cluster: image digests and everything that the cluster needs to run them, under one id; immutable. Recorded in
 * the cluster. The contents of secrets are no part of it: they are objects of the cluster, whose names contain a hash of them.
 * @typeParam Definition what the orchestrator takes
 */
export interface ClusterRelease<Definition> extends AppEnvironment {
  readonly id: ReleaseId;
  readonly services: Readonly<Record<ServiceName, ClusterService>>;
  readonly definition: Definition;
  /** Milliseconds that a workload may go without progress. */
  readonly health: { readonly timeout: number };
  readonly origin: Origin;
}

/** A secret or config with its name in the cluster, which its content decides. */
export interface ContentObject {
  readonly kind: 'secret' | 'config';
  readonly name: string;
  readonly content: string;
}
