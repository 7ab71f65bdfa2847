import type { ClusterKind } from '../model/request.ts';
import { group } from '../report/console.ts';
import type { ClusterEntry } from './cluster-entry.ts';
import { statusOfCluster } from './cluster-status.ts';
import { finishOnCluster } from './finish-on-cluster.ts';
import { removeFromCluster } from './remove-from-cluster.ts';
import { rollbackCluster } from './rollback-cluster.ts';
import type { Target } from './target.ts';
import { unlockCluster } from './unlock-cluster.ts';

/** A kind of cluster as a target of commands. */
export const clusterTarget = <Kind extends ClusterKind>(entry: ClusterEntry<Kind>): Target<Kind> => ({
  deliver: entry.deliver,
  rollback: (request, approval, context) => rollbackCluster(entry, request, approval, context),
  async status({ destination }, context) {
    await using cluster = await group('Connect', () => entry.open(destination, context));
    return await statusOfCluster(cluster);
  },
  remove: (request, context) => removeFromCluster(entry, request, context),
  unlock: (request, context) => unlockCluster(entry, request, context),
  finish: (request, locks, step) => finishOnCluster(entry, request, locks, step),
});
