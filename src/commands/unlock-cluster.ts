import type { ActionContext } from '../action-context.ts';
import { requireApproval } from '../approval.ts';
import { breakClusterLock } from '../cluster/cluster-lock.ts';
import { lockClaim } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import type { ClusterUnlockRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import type { UnlockReport } from '../report/report.ts';
import { openCluster } from './open-cluster.ts';
import { reportLocks } from './unlock.ts';

/** Breaks the lock of an app's environment in a cluster, and says whose it was. Nothing is touched before the run is approved. */
export async function unlockCluster(
  request: ClusterUnlockRequest,
  context: ActionContext<UnlockReport>,
): Promise<void> {
  const { destination, dryRun } = request;
  context.report.set({ app: destination.app, environment: destination.environment });
  await requireApproval(request, dryRun, context);
  const project = baseProject(destination);
  await using cluster = await group('Connect', () => openCluster(request, context));
  const { lockPlace, host } = cluster;
  const held = await group(dryRun ? `Lock of ${project}` : `Unlock ${project}`, () =>
    dryRun ? lockPlace.read() : breakClusterLock(lockPlace, lockClaim(context), context.signal),
  );
  reportLocks(project, [{ host, held }], [], dryRun, context);
}
