import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type ClusterRecords,
  documentText,
  ForeignRecordError,
  type RecordDocument,
  storedRecords,
} from '../cluster/records.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import { SealiftError } from '../model/errors.ts';
import { asList, asObject, asText, isObject } from '../model/json.ts';
import type { ObjectReference } from '../release/kubernetes/kubernetes-object.ts';
import type { KubernetesDefinition } from '../release/kubernetes/make-kubernetes-release.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { isRefusal } from './kubernetes-refusal.ts';

/** Values of the label `sealift.role` on what Sealift keeps in a namespace for itself. */
export const CLUSTER_ROLE = {
  record: 'record',
  tried: 'tried',
  pullSecret: 'pull-secret',
  lock: 'lock',
  hook: 'hook',
} as const;

/** Bytes that a Secret may hold: 1 MiB with everything around it, and base64 adds a third. */
const MAX_RECORD_BYTES = 1_000_000;
/** Of Sealift's own secrets: kubectl shows it. */
const SECRET_TYPE = 'sealift.io/record';

const secretsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;

/** Name of an object that Sealift keeps for an app. Names of apps may have an underscore, those of objects may not. */
export const keptName = (of: AppEnvironment, what: string): string =>
  `${baseProject(of).replaceAll('__', '.0.').replaceAll('_', '.')}.sealift.${what}`;

const recordSecretName = (of: AppEnvironment, sequence: number): string => keptName(of, String(sequence));
const triedName = (of: AppEnvironment): string => keptName(of, 'tried');

/** The records of an app in a namespace. @throws ConfigurationError if a newer Sealift has written them */
export async function readKubernetesRecords(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
): Promise<ClusterRecords<KubernetesDefinition>> {
  const list = await api.request('GET', secretsPath(namespace), {
    purpose: `list the records in namespace ${namespace}`,
    query: { labelSelector: roleSelector(of, CLUSTER_ROLE.record) },
  });
  return storedRecords(
    api.host,
    asList(asObject(list)['items']).map((secret) => ({
      name: asText(asObject(asObject(secret)['metadata'])['name']) ?? '',
      text: readContent(secret) ?? '',
    })),
  );
}

/** Selects what Sealift keeps for an app in a role. */
export const roleSelector = (of: AppEnvironment, role: string): string =>
  Object.entries({ ...labelsOf(of), [LABEL.role]: role })
    .map((pair) => pair.join('='))
    .join(',');

/** @throws ForeignRecordError if another run has recorded something since the records were read: the name is taken */
export async function writeKubernetesRecord(
  api: KubernetesApi,
  of: AppEnvironment,
  document: RecordDocument<KubernetesDefinition>,
): Promise<void> {
  const { namespace } = document.release.definition;
  const name = recordSecretName(of, document.sequence);
  const content = encode(documentText(document));
  const labels = { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.record, [LABEL.release]: document.release.id };
  const body = { ...secretBody(name, labels, content), immutable: true };
  try {
    await api.request('POST', secretsPath(namespace), {
      purpose: `record release ${document.release.id}`,
      body,
    });
  } catch (error) {
    if (!isRefusal(error, 'AlreadyExists')) throw error;
    const there = await api.find(`${secretsPath(namespace)}/${name}`, `read record ${document.sequence}`);
    // The connection was lost after it was made.
    if (readContent(there) === documentText(document)) return;
    throw new ForeignRecordError(of, document.sequence, error);
  }
}

/** @throws SealiftError for a release that can't be recorded, before anything is done with it */
export function requireRecordable(document: RecordDocument<KubernetesDefinition>): void {
  encode(documentText(document));
}

/** Removes records. @param unreadable names of documents that can't be read */
export async function removeKubernetesRecords(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
  documents: readonly RecordDocument<unknown>[],
  unreadable: readonly string[] = [],
): Promise<void> {
  for (const name of [...documents.map(({ sequence }) => recordSecretName(of, sequence)), ...unreadable])
    await removeSecret(api, namespace, name);
}

/** The secrets with which the pods of an app pull, in the namespace of its records. */
export async function listPullSecrets(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
): Promise<readonly ObjectReference[]> {
  const list = await api.request('GET', secretsPath(namespace), {
    purpose: `list the pull secrets in namespace ${namespace}`,
    query: { labelSelector: roleSelector(of, CLUSTER_ROLE.pullSecret) },
  });
  return asList(asObject(list)['items']).flatMap((secret) => {
    const name = asText(asObject(asObject(secret)['metadata'])['name']);
    return name === undefined ? [] : [{ apiVersion: 'v1', kind: 'Secret', namespace, name }];
  });
}

/** The objects that a run was about to make, so that the next one finds what a killed run has left. */
export async function readTried(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
): Promise<readonly ObjectReference[]> {
  const secret = await api.find(`${secretsPath(namespace)}/${triedName(of)}`, 'read what was tried');
  const text = readContent(secret);
  if (text === undefined) return [];
  return asList(JSON.parse(text)).flatMap((each) => {
    const { apiVersion, kind, namespace: place, name } = asObject(each);
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return [];
    return [{ apiVersion, kind, namespace: asText(place), name }];
  });
}

/** @param references none: nothing that was tried is left */
export async function writeTried(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
  references: readonly ObjectReference[],
): Promise<void> {
  const name = triedName(of);
  if (references.length === 0) return await removeSecret(api, namespace, name);
  const body = secretBody(
    name,
    { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.tried },
    encode(JSON.stringify(references)),
  );
  await api.request('PATCH', `${secretsPath(namespace)}/${name}`, {
    ...{ purpose: 'note what is about to be made', contentType: 'application/apply-patch+yaml' },
    ...{ body, query: { fieldManager: 'sealift', force: 'true' } },
  });
}

async function removeSecret(api: KubernetesApi, namespace: string, name: string): Promise<void> {
  try {
    await api.request('DELETE', `${secretsPath(namespace)}/${name}`, { purpose: `remove ${name}` });
  } catch (error) {
    if (!isRefusal(error, 'NotFound')) throw error;
  }
}

const secretBody = (name: string, labels: Readonly<Record<string, string>>, content: string) => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, type: SECRET_TYPE },
  data: { content },
});

/** @throws SealiftError for a release that is larger than what a Secret may hold */
function encode(text: string): string {
  const content = gzipSync(text).toString('base64');
  if (content.length <= MAX_RECORD_BYTES) return content;
  throw new SealiftError(
    `The record of this release has ${Math.ceil(content.length / 1024)} KiB, but a Secret may have 1024 KiB. Take large files out of the ConfigMaps and Secrets of the manifests: put them into the image.`,
  );
}

function readContent(secret: unknown): string | undefined {
  if (!isObject(secret)) return undefined;
  const content = asText(asObject(secret['data'])['content']);
  if (content === undefined) return undefined;
  try {
    return gunzipSync(Buffer.from(content, 'base64')).toString();
  } catch {
    return undefined;
  }
}
