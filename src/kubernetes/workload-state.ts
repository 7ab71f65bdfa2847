import type { JsonObject } from '../model/json.ts';
import { asList, asObject, asText } from '../model/json.ts';
import { type KubernetesObject, podTemplateOf } from '../release/kubernetes/kubernetes-object.ts';
import type { ApiResources } from './api-resources.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { type Pod, readPod } from './pod.ts';

/** A workload as the cluster has it, with its pods. */
export interface WorkloadState {
  /** `undefined`: the cluster does not have it. */
  readonly object: JsonObject | undefined;
  /** Those of its present definition. */
  readonly current: readonly Pod[];
  /** Those of an earlier one, as long as they are not gone. */
  readonly old: readonly Pod[];
}

/** Reads a workload and its pods. */
export async function readWorkload(
  api: KubernetesApi,
  resources: ApiResources,
  wanted: KubernetesObject,
): Promise<WorkloadState> {
  const { apiVersion, kind, metadata } = wanted;
  const { name, namespace } = metadata;
  const path = await resources.pathOf({ apiVersion, kind, namespace, name });
  const found = path === undefined ? undefined : await api.find(path, `read ${kind} ${name}`);
  if (found === undefined) return { object: undefined, current: [], old: [] };
  const object = asObject(found);
  if (namespace === undefined) return { object, current: [], old: [] };
  if (kind === 'Pod') return { object, current: [readPod(object)], old: [] };
  const selector = selectorText(asObject(asObject(object['spec'])['selector']));
  if (selector === undefined || kind === 'CronJob' || !hasPods(wanted))
    return { object, current: [], old: [] };
  const list = (what: string, base: string) =>
    api.request('GET', `${base}/namespaces/${namespace}/${what}`, {
      purpose: `list ${what} of ${kind} ${name}`,
      query: { labelSelector: selector },
    });
  const [pods, sets] = await Promise.all([
    list('pods', '/api/v1'),
    kind === 'Deployment' ? list('replicasets', '/apis/apps/v1') : undefined,
  ]);
  const all = asList(asObject(pods)['items']).map(readPod);
  const isCurrent = currentPods(kind, object, asList(asObject(sets)['items']).map(asObject));
  const own = all.filter(isCurrent.isOwn);
  return { object, current: own.filter(isCurrent.isNew), old: own.filter((pod) => !isCurrent.isNew(pod)) };
}

const hasPods = (wanted: KubernetesObject): boolean =>
  asList(asObject(podTemplateOf(wanted)['spec'])['containers']).length > 0;

interface PodSorting {
  readonly isOwn: (pod: Pod) => boolean;
  readonly isNew: (pod: Pod) => boolean;
}

/** How the pods of a kind say from which definition they were made. */
function currentPods(kind: string, object: JsonObject, sets: readonly JsonObject[]): PodSorting {
  const metadata = asObject(object['metadata']);
  const uid = asText(metadata['uid']) ?? '';
  if (kind === 'Deployment') {
    const own = sets.filter((set) => ownersOf(set).includes(uid));
    const revision = revisionOf(object);
    const newest = own.filter((set) => revisionOf(set) === revision).map(uidOf);
    const all = own.map(uidOf);
    return {
      isOwn: ({ owners }) => owners.some((owner) => all.includes(owner)),
      isNew: ({ owners }) => owners.some((owner) => newest.includes(owner)),
    };
  }
  const isOwn = ({ owners }: Pod): boolean => owners.includes(uid);
  if (kind === 'StatefulSet') {
    const revision = asObject(object['status'])['updateRevision'];
    return { isOwn, isNew: ({ labels }) => labels['controller-revision-hash'] === revision };
  }
  if (kind === 'DaemonSet') {
    const generation = asObject(metadata['annotations'])['deprecated.daemonset.template.generation'];
    return { isOwn, isNew: ({ labels }) => labels['pod-template-generation'] === generation };
  }
  return { isOwn, isNew: () => true };
}

const revisionOf = ({ metadata }: JsonObject): unknown =>
  asObject(asObject(metadata)['annotations'])['deployment.kubernetes.io/revision'];
const uidOf = ({ metadata }: JsonObject): string => asText(asObject(metadata)['uid']) ?? '';
const ownersOf = ({ metadata }: JsonObject): readonly string[] =>
  asList(asObject(metadata)['ownerReferences']).flatMap((each) => asText(asObject(each)['uid']) ?? []);

/** A selector as the API takes it in a query: `app=web,tier in (a,b)`; `undefined` if it selects nothing. */
function selectorText({ matchLabels, matchExpressions }: JsonObject): string | undefined {
  const labels = Object.entries(asObject(matchLabels)).map(([key, value]) => `${key}=${String(value)}`);
  const expressions = asList(matchExpressions).map((each) => {
    const { key, operator, values } = asObject(each);
    const list = `(${asList(values).join(',')})`;
    if (operator === 'In') return `${String(key)} in ${list}`;
    if (operator === 'NotIn') return `${String(key)} notin ${list}`;
    return operator === 'Exists' ? String(key) : `!${String(key)}`;
  });
  const all = [...labels, ...expressions];
  return all.length === 0 ? undefined : all.join(',');
}
