import { ConfigurationError } from '../model/errors.ts';
import {
  apiGroupOf,
  type KubernetesObject,
  objectText,
  referenceTo,
} from '../release/kubernetes/kubernetes-object.ts';
import type { Manifest } from '../release/kubernetes/manifest.ts';
import { ApiResources, kindsDefinedIn } from './api-resources.ts';
import { unknownKindError } from './apply-objects.ts';
import type { KubernetesConnection } from './open-kubernetes.ts';

/**
 * Gives each object that belongs to a namespace that of the app, unless its manifest names another one.
 * @throws ConfigurationError for a kind that neither the cluster nor a manifest defines, and for a namespace that does not exist
 */
export async function placeInNamespace(
  manifests: readonly Manifest[],
  { api, namespace }: KubernetesConnection,
): Promise<readonly Manifest[]> {
  const resources = new ApiResources(api);
  const defined = kindsDefinedIn(manifests.map(({ object }) => object));
  const placed: Manifest[] = [];
  for (const { object, source } of manifests) {
    const resource = await resources.find(referenceTo(object));
    const isNamespaced = resource?.isNamespaced ?? defined.get(`${apiGroupOf(object)}/${object.kind}`);
    if (isNamespaced === undefined) throw unknownKindError(object);
    placed.push({ source, object: isNamespaced ? inNamespace(object, namespace) : object });
  }
  return placed;
}

function inNamespace(object: KubernetesObject, namespace: string): KubernetesObject {
  if (object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** @throws ConfigurationError if it neither exists nor is made by a manifest. Who may not ask is not told. */
export async function requireNamespace(
  { api, namespace }: KubernetesConnection,
  manifests: readonly Manifest[],
): Promise<void> {
  if (manifests.some(({ object }) => objectText(object) === `Namespace ${namespace}`)) return;
  const isThere = await api.find(`/api/v1/namespaces/${namespace}`, 'read the namespace').then(
    (found) => found !== undefined,
    () => true,
  );
  if (isThere) return;
  throw new ConfigurationError(
    `namespace: ${namespace} does not exist in the cluster. Create it, name another one, or write a Namespace into the manifests.`,
  );
}
