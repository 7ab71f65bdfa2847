import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import type { ClusterKind, DeliverRequest, Particulars, RollbackRequest } from '../model/request.ts';
import type { Target } from './target.ts';

/** How commands come to a kind of cluster. What they do there is the same for all. */
export interface ClusterEntry<Kind extends ClusterKind> {
  readonly deliver: Target<Kind>['deliver'];
  /** Connects to a cluster to which nothing is deployed. */
  readonly open: (
    destination: Particulars[Kind]['destination'],
    context: ActionContext,
  ) => Promise<Cluster<unknown>>;
  /** Connects to one in which a recorded release is to be live again: with the logins that its images need. */
  readonly openForRelease: (
    request: RestoringRequest<Kind>,
    context: ActionContext,
    work: ClusterWork,
  ) => Promise<void>;
  /** Why what a deploy has left that was killed stays as it is; `undefined`: it is restored. */
  readonly whyNotRestored: (request: RestoringRequest<Kind>) => string | undefined;
}

/** A command after which a recorded release is live, at least if its step is killed. */
export type RestoringRequest<Kind extends ClusterKind> = RollbackRequest<Kind> | DeliverRequest<Kind>;

/** What is done with a cluster, whichever it is. */
export type ClusterWork = <Definition>(
  cluster: Cluster<Definition>,
  /** To be called with a release before anything is done with it. */
  choose: (release: ClusterRelease<Definition>) => void,
) => Promise<void>;
