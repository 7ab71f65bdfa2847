import type { ClusterWait } from '../cluster/cluster.ts';
import { LABEL, labelsOf } from '../model/app-environment.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { asList, asObject, asText, type JsonObject } from '../model/json.ts';
import { inApplyOrder, isNeededFirst } from '../release/kubernetes/apply-order.ts';
import {
  type KubernetesObject,
  objectText,
  referenceTo,
  runsContainers,
} from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesRelease } from '../release/kubernetes/make-kubernetes-release.ts';
import {
  applyObject,
  awaitKinds,
  isOwnObject,
  type ObjectContext,
  releaseLabelOf,
  removeObject,
} from './apply-objects.ts';
import { CLUSTER_ROLE } from './kubernetes-records.ts';
import { type RegistrySecret, withEarlierLogins } from './registry-secret.ts';

/** The key that Kubernetes reads in a Secret with logins. */
const DOCKER_CONFIG = '.dockerconfigjson';

export interface ApplyReleaseOptions extends Pick<ClusterWait, 'signal'> {
  /** Takes fields from whoever has set them. */
  readonly force: boolean;
  /** Whether its Jobs run. They are work to be done once. */
  readonly runsJobs: boolean;
  /** The release that failed before this one was applied again: its Jobs are not to go on. */
  readonly failed?: ReleaseId | undefined;
  /** Objects that stay as they are. */
  readonly except?: readonly KubernetesObject[];
}

/** Applies all objects of a release, in order. */
export async function applyRelease(
  context: ObjectContext,
  release: KubernetesRelease,
  { force, runsJobs, failed, except = [], signal }: ApplyReleaseOptions,
): Promise<void> {
  const { objects } = release.definition;
  const isDefinition = ({ kind }: KubernetesObject): boolean => kind === 'CustomResourceDefinition';
  const definitions = objects.filter(isDefinition);
  for (const object of definitions) await applyObject(context, object, { force, signal });
  await awaitKinds(context, definitions, { signal });
  for (const object of inApplyOrder(objects)) {
    if (isDefinition(object) || except.includes(object)) continue;
    if (object.kind !== 'Job') await applyObject(context, object, { force, signal });
    else if (runsJobs) await replaceJob(context, object, release, { force, signal });
    else if (failed !== undefined) await removeJobOf(context, object, failed);
  }
}

/** Makes what the workloads need to start, as far as it is new. @returns how many objects */
export async function createNeeded(
  context: ObjectContext,
  objects: readonly KubernetesObject[],
  force: boolean,
): Promise<number> {
  let count = 0;
  for (const object of inApplyOrder(objects.filter(isNeededFirst)))
    if (await createMissing(context, object, force)) count += 1;
  return count;
}

/** Makes an object unless it exists. @returns whether it was made */
export async function createMissing(
  context: ObjectContext,
  object: KubernetesObject,
  force: boolean,
): Promise<boolean> {
  const path = await context.resources.pathOf(referenceTo(object));
  if (path === undefined || (await context.api.find(path, `read ${objectText(object)}`)) !== undefined)
    return false;
  await applyObject(context, object, { force });
  return true;
}

/** A Job can't be changed: the one of another release is removed, and one that failed. */
async function replaceJob(
  context: ObjectContext,
  object: KubernetesObject,
  { id }: KubernetesRelease,
  { force, signal }: Pick<ApplyReleaseOptions, 'force' | 'signal'>,
): Promise<void> {
  const path = (await context.resources.pathOf(referenceTo(object))) ?? '';
  const before = await context.api.find(path, `read ${objectText(object)}`);
  if (before !== undefined && releaseLabelOf(asObject(before)) === id && !hasFailedJob(asObject(before)))
    return;
  await removeObject(context, referenceTo(object), { signal });
  await applyObject(context, object, { force, signal });
}

/** Whether a Job was given up: it never runs again by itself. */
export const hasFailedJob = (job: JsonObject): boolean =>
  asList(asObject(job['status'])['conditions'])
    .map(asObject)
    .some(({ type, status }) => type === 'Failed' && status === 'True');

/** Ends a Job that a release has started. */
async function removeJobOf(context: ObjectContext, object: KubernetesObject, id: ReleaseId): Promise<void> {
  const path = (await context.resources.pathOf(referenceTo(object))) ?? '';
  const found = await context.api.find(path, `read ${objectText(object)}`);
  if (found !== undefined && releaseLabelOf(asObject(found)) === id)
    await removeObject(context, referenceTo(object));
}

/** It is no part of a release: a rollback must not bring back a password that is no longer valid. */
export async function applyRegistrySecret(
  context: ObjectContext,
  { definition }: KubernetesRelease,
  { name, dockerConfig }: RegistrySecret,
  force: boolean,
): Promise<void> {
  const namespaces = new Set([
    definition.namespace,
    ...definition.objects.filter(runsContainers).flatMap(({ metadata }) => metadata.namespace ?? []),
  ]);
  const labels = { ...labelsOf(context.of), [LABEL.role]: CLUSTER_ROLE.pullSecret };
  for (const namespace of namespaces) {
    const secret = {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson' },
      metadata: { name, namespace, labels },
    };
    const path = (await context.resources.pathOf(referenceTo(secret))) ?? '';
    const found = asObject(await context.api.find(path, `read ${objectText(secret)}`));
    const before = isOwnObject(found, context.of)
      ? (asText(asObject(found['data'])[DOCKER_CONFIG]) ?? '')
      : '';
    const content = withEarlierLogins(dockerConfig, Buffer.from(before, 'base64').toString());
    const data = { [DOCKER_CONFIG]: Buffer.from(content).toString('base64') };
    await applyObject(context, { ...secret, data }, { force });
  }
}
