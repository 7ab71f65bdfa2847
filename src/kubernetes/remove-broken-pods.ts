import { asObject, asText } from '../model/json.ts';
import type { KnownPods } from './judge-workload.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { podProblem } from './pod.ts';
import type { WorkloadState } from './workload-state.ts';

/**
 * Removes pods of an earlier definition of a StatefulSet that do not get ready: its controller would wait for them for ever, also
 * on the way back (kubernetes.io, "StatefulSets", "Forced rollback"). It makes new ones. Whoever may not remove pods waits.
 */
export async function removeBrokenPods(
  api: KubernetesApi,
  { object, old }: WorkloadState,
  known: KnownPods,
): Promise<void> {
  const namespace = asText(asObject(object?.['metadata'])['namespace']) ?? 'default';
  const broken = old.filter(
    (pod) => !pod.isReady && !pod.isEnding && podProblem(pod, known.restarts) !== undefined,
  );
  for (const { name, uid } of broken) {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const body = { preconditions: { uid } };
    await api.request('DELETE', path, { purpose: `remove pod ${name}`, body }).catch(() => undefined);
  }
}
