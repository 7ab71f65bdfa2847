import type { ActionContext } from '../action-context.ts';
import { breakClusterLock } from '../cluster/cluster-lock.ts';
import { lockClaim } from '../lock.ts';
import { baseProject } from '../model/app-environment.ts';
import type { ClusterKind, UnlockRequest } from '../model/request.ts';
import { group } from '../report/console.ts';
import type { UnlockReport } from '../report/report.ts';
import type { ClusterEntry } from './cluster-entry.ts';
import type { FoundLocks } from './target.ts';

/** Breaks the lock of an app's environment in a cluster. */
export async function unlockCluster<Kind extends ClusterKind>(
  { open }: ClusterEntry<Kind>,
  { destination, dryRun }: UnlockRequest<Kind>,
  context: ActionContext<UnlockReport>,
): Promise<FoundLocks> {
  const project = baseProject(destination);
  await using cluster = await group('Connect', () => open(destination, context));
  const { lockPlace, host } = cluster;
  const held = await group(dryRun ? `Lock of ${project}` : `Unlock ${project}`, () =>
    dryRun ? lockPlace.read() : breakClusterLock(lockPlace, lockClaim(context), context.signal),
  );
  return { results: [{ host, held }], failures: [] };
}
