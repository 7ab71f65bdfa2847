import { type AppEnvironment, baseProject } from '../model/app-environment.ts';
import { SealiftError } from '../model/errors.ts';
import { asObject, asText } from '../model/json.ts';
import type { ClusterLockOwner } from './cluster.ts';

/** The run that has the lock of an app in a cluster, as it wrote itself down; empty for anything else. */
export function readLockOwner(text: string | undefined): Partial<ClusterLockOwner> {
  try {
    const owner = asObject(JSON.parse(text ?? ''));
    return { actor: asText(owner['actor']), runUrl: asText(owner['runUrl']) };
  } catch {
    return {};
  }
}

/** @param expiry seconds without a sign of life after which a lock ends */
export function clusterLockedError(
  of: AppEnvironment,
  { actor = 'somebody', runUrl = 'outside of GitHub Actions' }: Partial<ClusterLockOwner>,
  expiry: number,
): SealiftError {
  return new SealiftError(
    `Another run deploys ${baseProject(of)} now: that of ${actor}, ${runUrl}. Wait for its end and run this job again, and give both jobs the same concurrency group. If its job was killed, its lock ends ${expiry} s after its last sign of life.`,
  );
}
