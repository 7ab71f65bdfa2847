import type { ActionContext } from '../action-context.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { acceptedRelease } from '../cluster/records.ts';
import { deployToCluster } from '../cluster-deployment.ts';
import { lockCluster } from '../cluster-lock.ts';
import { lockWait } from '../lock.ts';
import type { Approval } from '../model/approval.ts';
import type { ClusterRelease } from '../model/cluster-release.ts';
import type { ClusterKind, RollbackRequest } from '../model/request.ts';
import { findRelease } from '../release/find-release.ts';
import type { DeploymentReport } from '../report/report.ts';
import type { ClusterEntry } from './cluster-entry.ts';
import { withHealthTimeout } from './rollback.ts';

/** Goes back to an earlier release on a cluster as it was recorded: with its config, secrets and images, not today's. */
export const rollbackCluster = <Kind extends ClusterKind>(
  { openForRelease }: ClusterEntry<Kind>,
  request: RollbackRequest<Kind>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
): Promise<void> =>
  openForRelease(request, context, (cluster, choose) =>
    rollBackOn(cluster, request, approval, context, choose),
  );

/** @param choose gets the release before anything is done with it */
async function rollBackOn<Definition>(
  cluster: Cluster<Definition>,
  request: RollbackRequest<ClusterKind>,
  approval: Approval | undefined,
  context: ActionContext<DeploymentReport>,
  choose: (release: ClusterRelease<Definition>) => void,
): Promise<void> {
  const { options } = request;
  await using lock = await lockCluster(cluster, lockWait(options, request.gate), context);
  const found = await cluster.observe();
  const accepted = acceptedRelease(found.records)?.id;
  const known = findRelease(found.records, { host: cluster.host, accepted, traffic: undefined }, request.to);
  const release = withHealthTimeout(known, request.healthTimeout);
  choose(release);
  context.report.set({ release: release.id, revision: release.origin.revision, tags: release.origin.tags });
  await deployToCluster({
    ...{ cluster, lock, found, release, options, approval, context },
    contents: [],
    command: 'rollback',
    hooks: { before: [], after: [] },
    keep: Number.MAX_SAFE_INTEGER,
  });
}
