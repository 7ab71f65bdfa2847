import { LABEL } from '../../model/app-environment.ts';
import { asObject, asText, isObject, type JsonObject } from '../../model/json.ts';
import { oneLine } from '../../model/plain-text.ts';

/** An object of the Kubernetes API, as a manifest has it. */
export interface KubernetesObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

interface ObjectMetadata extends JsonObject {
  readonly name: string;
  /** Left out for an object of the whole cluster. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Which object it is. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  /** `undefined`: it belongs to the whole cluster. */
  readonly namespace: string | undefined;
  readonly name: string;
}

export const referenceTo = ({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference => ({
  ...{ apiVersion, kind, namespace: metadata.namespace, name: metadata.name },
});

/**
 * The same for the same object, also if another version of its API names it.
 * @returns `apps/Deployment/shop/web`
 */
export const referenceKey = ({ apiVersion, kind, namespace = '', name }: ObjectReference): string =>
  [apiGroupOf({ apiVersion }), kind, namespace, name].join('/');

/** `Deployment web`, in one line whatever a manifest has as its name. */
export const referenceText = ({ kind, name }: Pick<ObjectReference, 'kind' | 'name'>): string =>
  oneLine(`${kind} ${name}`);

export const objectText = ({ kind, metadata }: KubernetesObject): string =>
  referenceText({ kind, name: metadata.name });

/** `apps`; '' for the core of Kubernetes. */
export const apiGroupOf = ({ apiVersion }: Pick<ObjectReference, 'apiVersion'>): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** Whether it has what every object has. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  if (!isObject(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    asText(apiVersion) !== undefined &&
    asText(kind) !== undefined &&
    asText(asObject(metadata)['name']) !== undefined
  );
}

/** Kinds that run containers, with their API. */
const WORKLOAD_KINDS: ReadonlyMap<string, string> = new Map([
  ['Deployment', 'apps'],
  ['StatefulSet', 'apps'],
  ['DaemonSet', 'apps'],
  ['ReplicaSet', 'apps'],
  ['Job', 'batch'],
  ['CronJob', 'batch'],
  ['Pod', ''],
]);

/** Whether it runs containers by itself. */
export const runsContainers = ({
  apiVersion,
  kind,
}: Pick<KubernetesObject, 'apiVersion' | 'kind'>): boolean =>
  WORKLOAD_KINDS.get(kind) === apiGroupOf({ apiVersion });

/** Whether it is an object of a kind that Kubernetes itself does not have. */
export const isCustom = ({ apiVersion }: Pick<KubernetesObject, 'apiVersion'>): boolean => {
  const group = apiGroupOf({ apiVersion });
  return group.includes('.') && !group.endsWith('.k8s.io');
};

/** Where the description of the pods of a workload is. */
export function podTemplateOf(object: KubernetesObject): JsonObject {
  if (object.kind === 'Pod') return object;
  const spec = asObject(object['spec']);
  const job = object.kind === 'CronJob' ? asObject(asObject(spec['jobTemplate'])['spec']) : spec;
  return asObject(job['template']);
}

/** The same workload with another description of its pods. */
export function withPodTemplate(
  object: KubernetesObject,
  change: (template: JsonObject) => JsonObject,
): KubernetesObject {
  if (object.kind === 'Pod') return { ...object, ...change(object) };
  const template = change(podTemplateOf(object));
  const spec = asObject(object['spec']);
  if (object.kind !== 'CronJob') return { ...object, spec: { ...spec, template } };
  const job = asObject(spec['jobTemplate']);
  return {
    ...object,
    spec: { ...spec, jobTemplate: { ...job, spec: { ...asObject(job['spec']), template } } },
  };
}

/**
 * Short names for workloads: `web`; of those that have the same name, all but the first with their kind: `cronjob/web`.
 * @returns by `referenceKey`
 */
export function workloadNames(objects: readonly KubernetesObject[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const object of objects) {
    if (!runsContainers(object) && !isCustom(object)) continue;
    const short = object.metadata.labels?.[LABEL.workload] ?? object.metadata.name;
    const name = taken.has(short) ? `${object.kind.toLowerCase()}/${short}` : short;
    taken.add(name);
    names.set(referenceKey(referenceTo(object)), name);
  }
  return names;
}
