import { asNumber, asObject } from '../model/json.ts';
import { type KubernetesObject, podTemplateOf } from '../release/kubernetes/kubernetes-object.ts';

/** Seconds that a pod has to stop, unless it says otherwise. */
const DEFAULT_GRACE = 30;

/**
 * Milliseconds that an update of a workload may take for each batch beside the start of its pods: until the old ones have stopped, where
 * the new ones wait for that, and until new ones that are ready count as available. Pure.
 */
export function podPause(workload: KubernetesObject): number {
  const spec = asObject(workload['spec']);
  const grace = asNumber(asObject(podTemplateOf(workload)['spec'])['terminationGracePeriodSeconds']);
  const waits = waitsForOld(workload.kind, asObject(spec['strategy']));
  return 1000 * ((asNumber(spec['minReadySeconds']) ?? 0) + (waits ? (grace ?? DEFAULT_GRACE) : 0));
}

const waitsForOld = (kind: string, { type }: ReturnType<typeof asObject>): boolean =>
  kind === 'StatefulSet' || kind === 'DaemonSet' || (kind === 'Deployment' && type === 'Recreate');
