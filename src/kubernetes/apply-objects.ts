import type { ClusterWait } from '../cluster/cluster.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { inputSetting } from '../model/input-ref.ts';
import { asList, asObject, asText, type JsonObject, withoutKeys } from '../model/json.ts';
import {
  type KubernetesObject,
  type ObjectReference,
  objectText,
  referenceText,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import { pause } from '../run/pause.ts';
import type { ApiResources } from './api-resources.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { isRefusal, KubernetesRefusal, withoutStop } from './kubernetes-refusal.ts';

/** Milliseconds for a new kind of object to be known, and for an object to be gone. */
const KIND_TIMEOUT = 30_000;
const OBJECT_REMOVAL_TIMEOUT = 120_000;
const OBJECT_INTERVAL = 250;

/** What changes objects of an app in a cluster. */
export interface ObjectContext {
  readonly api: KubernetesApi;
  readonly resources: ApiResources;
  readonly of: AppEnvironment;
}

/** Who owns a field of an object, as server-side apply has it: the apps of a cluster do not write into each other's. */
export const fieldManager = (of: AppEnvironment): string => `sealift-${baseProject(of)}`;

/** The labels that everything of an app has. */
export function isOwnObject(object: JsonObject, of: AppEnvironment): boolean {
  const labels = asObject(asObject(object['metadata'])['labels']);
  return Object.entries(labelsOf(of)).every(([key, value]) => labels[key] === value);
}

/** The release that an object belongs to, as it says itself. */
export const releaseLabelOf = (object: JsonObject): string | undefined =>
  asText(asObject(asObject(object['metadata'])['labels'])[LABEL.release]);

export interface ApplyOptions {
  /** Only asks what would come out. */
  readonly dryRun?: boolean;
  /** Takes fields from whoever has set them. */
  readonly force?: boolean;
  /** Owner of the fields; without it, that of the app. */
  readonly manager?: string;
  readonly signal?: AbortSignal;
}

/**
 * Applies an object by server-side apply.
 * @returns the object as it is then
 * @throws ConfigurationError for what the manifest or another owner of its fields must change; KubernetesRefusal
 */
export async function applyObject(
  { api, resources, of }: ObjectContext,
  object: KubernetesObject,
  { dryRun = false, force = false, manager = fieldManager(of), signal }: ApplyOptions = {},
): Promise<JsonObject> {
  const path = await resources.pathOf(referenceTo(object));
  if (path === undefined) throw unknownKindError(object);
  const query = {
    fieldManager: manager,
    force: String(force),
    fieldValidation: 'Strict',
    dryRun: dryRun ? 'All' : undefined,
  };
  try {
    const call = { purpose: `apply ${objectText(object)}`, query, body: object, signal };
    return asObject(
      await api.request('PATCH', path, { ...call, contentType: 'application/apply-patch+yaml' }),
    );
  } catch (error) {
    throw error instanceof KubernetesRefusal ? explainRefusal(error, object) : error;
  }
}

export const unknownKindError = ({ apiVersion, kind, metadata }: KubernetesObject): ConfigurationError =>
  new ConfigurationError(
    `manifests: the cluster has no kind ${kind} in ${apiVersion}, which ${referenceText({ kind, name: metadata.name })} is. Install what defines it, or write the version that this cluster has (kubectl api-resources).`,
  );

/** What the API server says of a field that can't be changed: of selectors, StatefulSets and pods, addresses of Services, roles of bindings. */
const UNCHANGEABLE = /immutable|fields other than|may not change|cannot change/i;

function explainRefusal(error: KubernetesRefusal, object: KubernetesObject): SealiftError {
  const what = objectText(object);
  const { status, words, causes } = error;
  const forbidden = new SealiftError(
    `A rule of the cluster forbids ${what}: ${withoutStop(words)}. Change the manifest, or ask who keeps the rule for an exception.`,
    { cause: error },
  );
  // With any status, and any words.
  if (error.isDenial) return forbidden;
  const conflicts = causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  if (status === 409 && conflicts.length > 0) {
    const owners = conflicts.map(
      ({ field, message }) => `${field} (${message.replace(/^conflict with /, '')})`,
    );
    return new ConfigurationError(
      `manifests: ${what} has fields that somebody else owns: ${owners.join(', ')}. Remove these fields from the manifest, so that their owner sets them, or take them over once with ${inputSetting('adopt', 'true')}.`,
      { cause: error },
    );
  }
  if (status === 404 && /^namespaces "[^"]*" not found$/.test(words)) {
    return new ConfigurationError(
      `namespace: ${object.metadata.namespace ?? 'it'} does not exist in the cluster. Create it, name another one, or write a Namespace into the manifests.`,
      { cause: error },
    );
  }
  if (status === 422 && UNCHANGEABLE.test(words)) {
    return new ConfigurationError(
      `manifests: ${what} can't be changed like this: ${words}. Give it another name, or remove it from the cluster first.`,
      { cause: error },
    );
  }
  // The API server calls it an error of its own.
  const isTyped = /failed to create typed patch object|in schema/.test(words);
  if ([400, 413, 422].includes(status) || isTyped)
    return new ConfigurationError(`manifests: ${what} is not valid: ${words}`, { cause: error });
  if (status === 403 && !error.message.startsWith('kubeconfig: ')) return forbidden;
  return error;
}

/** Makes an object what it was, whoever has changed it since. */
export async function restoreObject(
  { api, resources }: ObjectContext,
  object: KubernetesObject,
): Promise<void> {
  const path = await resources.pathOf(referenceTo(object));
  if (path === undefined) return;
  const metadata = withoutKeys(object.metadata, 'resourceVersion', 'managedFields', 'generation');
  const body = { ...withoutKeys(object, 'status'), metadata };
  await api.request('PUT', path, { purpose: `restore ${objectText(object)}`, body });
}

/** Waits until the cluster knows the kinds that definitions among these objects have brought. */
export async function awaitKinds(
  { api, resources }: ObjectContext,
  objects: readonly KubernetesObject[],
  { signal }: Pick<ClusterWait, 'signal'>,
): Promise<void> {
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  if (definitions.length === 0) return;
  const end = performance.now() + KIND_TIMEOUT;
  for (const definition of definitions) {
    const path = (await resources.pathOf(referenceTo(definition))) ?? '';
    const isThere = async (): Promise<boolean> =>
      isEstablished(await api.find(path, `read ${objectText(definition)}`)) &&
      (await isServed(resources, definition));
    while (!(await isThere())) {
      if (performance.now() > end)
        throw new SealiftError(
          `${objectText(definition)} was not established within ${KIND_TIMEOUT / 1000} s.`,
        );
      await pause(OBJECT_INTERVAL, signal);
    }
  }
  resources.forget();
}

/** Whether the cluster says of each version that it has it, which it may do a moment later. */
async function isServed(resources: ApiResources, definition: KubernetesObject): Promise<boolean> {
  const { group, names, versions } = asObject(definition['spec']);
  const kind = String(asObject(names)['kind']);
  resources.forget();
  for (const version of asList(versions).map(asObject)) {
    if (version['served'] === false) continue;
    const apiVersion = `${String(group)}/${String(version['name'])}`;
    if ((await resources.find({ apiVersion, kind })) === undefined) return false;
  }
  return true;
}

const isEstablished = (found: unknown): boolean =>
  asList(asObject(asObject(found)['status'])['conditions']).some((each) => {
    const { type, status } = asObject(each);
    return type === 'Established' && status === 'True';
  });

/**
 * Removes an object if it belongs to the app, and what it made.
 * @param wait until it is gone
 * @returns whether it was there
 */
export async function removeObject(
  context: ObjectContext,
  reference: ObjectReference,
  wait?: Pick<ClusterWait, 'signal'>,
): Promise<boolean> {
  const { api, resources, of } = context;
  const path = await resources.pathOf(reference);
  if (path === undefined) return false;
  const purpose = `remove ${referenceText(reference)}`;
  const found = await api.find(path, purpose);
  if (found === undefined || !isOwnObject(asObject(found), of)) return false;
  const uid = asText(asObject(asObject(found)['metadata'])['uid']);
  try {
    await api.request('DELETE', path, {
      purpose,
      body: { propagationPolicy: wait === undefined ? 'Background' : 'Foreground', preconditions: { uid } },
    });
  } catch (error) {
    if (!isRefusal(error, 'NotFound') && !isRefusal(error, 'Conflict')) throw error;
  }
  if (wait !== undefined) await awaitObjectRemoval(context, path, reference, uid, wait);
  return true;
}

async function awaitObjectRemoval(
  { api }: ObjectContext,
  path: string,
  reference: ObjectReference,
  uid: string | undefined,
  { signal }: Pick<ClusterWait, 'signal'>,
): Promise<void> {
  const end = performance.now() + OBJECT_REMOVAL_TIMEOUT;
  for (;;) {
    const found = asObject(await api.find(path, `look for ${referenceText(reference)}`));
    if (asText(asObject(found['metadata'])['uid']) !== uid) return;
    if (performance.now() > end)
      throw new SealiftError(
        `${referenceText(reference)} is not gone ${OBJECT_REMOVAL_TIMEOUT / 1000} s after it was removed.`,
      );
    await pause(OBJECT_INTERVAL, signal);
  }
}
