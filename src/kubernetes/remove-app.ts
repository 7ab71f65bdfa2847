import { acceptedRelease, type ClusterRecords } from '../cluster/records.ts';
import type { ClusterRemoval, ClusterRemovalStep } from '../cluster/removal.ts';
import { joinWithAnd } from '../model/text.ts';
import { inApplyOrder } from '../release/kubernetes/apply-order.ts';
import { type ObjectReference, referenceText } from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesDefinition } from '../release/kubernetes/make-kubernetes-release.ts';
import { type ObjectContext, removeObject } from './apply-objects.ts';
import { listPullSecrets, removeKubernetesRecords } from './kubernetes-records.ts';
import type { ReleaseObjects } from './release-objects.ts';

/**
 * What there is of an app in a cluster: the objects of its releases, the secrets with which its pods pull, and its records. Namespaces and
 * definitions of kinds stay, since others may use them.
 * @param volumes whether volume claims go too, with all data
 */
export async function planAppRemoval(
  context: ObjectContext,
  objects: ReleaseObjects,
  namespace: string,
  records: ClusterRecords<KubernetesDefinition>,
  volumes: boolean,
): Promise<ClusterRemoval> {
  const { api, of } = context;
  const [found, claims, pullSecrets] = await Promise.all([
    objects.others(undefined),
    objects.claims(),
    listPullSecrets(api, of, namespace),
  ]);
  const references = [...inApplyOrder(found).toReversed(), ...pullSecrets];
  const steps: ClusterRemovalStep[] = [];
  const removing = (all: readonly ObjectReference[]): ClusterRemovalStep => ({
    text: `remove ${joinWithAnd(all.map(referenceText))}`,
    async run(signal) {
      for (const reference of all) await removeObject(context, reference, { signal });
    },
  });
  if (references.length > 0) steps.push(removing(references));
  if (volumes && claims.length > 0) steps.push(removing(claims));
  const { documents, unreadable = [] } = records;
  if (documents.length + unreadable.length > 0 || steps.length > 0) {
    steps.push({
      text: `remove the records of ${records.releases.length === 1 ? 'one release' : `${records.releases.length} releases`}`,
      async run() {
        await objects.forgetTried();
        await removeKubernetesRecords(api, of, namespace, documents, unreadable);
      },
    });
  }
  return { live: acceptedRelease(records)?.id, steps, kept: volumes ? undefined : keptClaims(claims) };
}

function keptClaims(claims: readonly ObjectReference[]): ClusterRemoval['kept'] {
  if (claims.length === 0) return undefined;
  const command = [...Map.groupBy(claims, ({ namespace = 'default' }) => namespace)]
    .map(([space, each]) => `kubectl -n ${space} delete pvc ${each.map(({ name }) => name).join(' ')}`)
    .join(' && ');
  return { volumes: claims.map(({ name }) => name), command };
}
