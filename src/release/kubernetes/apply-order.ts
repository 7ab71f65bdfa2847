import type { KubernetesObject, ObjectReference } from './kubernetes-object.ts';

/** Kinds in the order in which they are applied: what others need comes first. What is not listed comes last. */
const ORDER: readonly string[] = [
  'Namespace',
  'CustomResourceDefinition',
  'PriorityClass',
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'StorageClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'PodDisruptionBudget',
  'Service',
  'DaemonSet',
  'Pod',
  'ReplicaSet',
  'Deployment',
  'StatefulSet',
  'Job',
  'CronJob',
  'HorizontalPodAutoscaler',
  'IngressClass',
  'Ingress',
];

/** What a workload needs before it can start, and what nothing that runs notices as long as it is new. */
const NEEDED_FIRST: ReadonlySet<string> = new Set([
  'Namespace',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
]);

/** Kinds whose objects hold data, or objects of others. They are never removed. */
const NEVER_REMOVED: ReadonlySet<string> = new Set([
  'Namespace',
  'CustomResourceDefinition',
  'PersistentVolume',
  'PersistentVolumeClaim',
]);

/** Kinds that several apps and environments may share: nobody owns their objects, so they have no labels of a release. */
const SHARED: ReadonlySet<string> = new Set(['Namespace', 'CustomResourceDefinition']);

const rank = ({ kind }: Pick<ObjectReference, 'kind'>): number => {
  const index = ORDER.indexOf(kind);
  return index === -1 ? ORDER.length : index;
};

/** In the order in which they are applied; objects of one kind stay in the order of the files. Pure. */
export const inApplyOrder = <Each extends Pick<ObjectReference, 'kind'>>(
  objects: readonly Each[],
): readonly Each[] => objects.toSorted((one, other) => rank(one) - rank(other));

/** Whether it is made before anything of a release starts. */
export const isNeededFirst = ({ kind }: Pick<KubernetesObject, 'kind'>): boolean => NEEDED_FIRST.has(kind);

/** Whether several apps may describe it. */
export const isShared = ({ kind }: Pick<ObjectReference, 'kind'>): boolean => SHARED.has(kind);

/** Whether it stays when no release has it any more. */
export const isNeverRemoved = ({ kind }: Pick<ObjectReference, 'kind'>): boolean => NEVER_REMOVED.has(kind);
