import { randomUUID } from 'node:crypto';
import type { ClusterLockOwner } from '../cluster/cluster.ts';
import { clusterLockedError, readLockOwner } from '../cluster/lock-owner.ts';
import { type AppEnvironment, LABEL, labelsOf } from '../model/app-environment.ts';
import { asObject, asText, type JsonObject } from '../model/json.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { CLUSTER_ROLE, keptName } from './kubernetes-records.ts';
import { isRefusal } from './kubernetes-refusal.ts';

/** Seconds without a sign of life after which the run that has the lock is dead: its job was killed. */
const LEASE_EXPIRY = 60;
/** Milliseconds between two signs of life. */
const LEASE_RENEWAL = 15_000;
const OWNER_ANNOTATION = 'sealift.lock';

/**
 * Takes the lock of an app: a Lease, of whose name there can be one only. It is given back at the end of the scope.
 * @throws SealiftError that names the run which has it
 */
export async function takeKubernetesLock(
  api: KubernetesApi,
  of: AppEnvironment,
  namespace: string,
  owner: ClusterLockOwner,
): Promise<AsyncDisposable> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const name = keptName(of, 'lock');
  const holder = randomUUID();
  let lease = await createLease(api, of, path, leaseBody(of, name, holder, owner, api.now()));
  const beat = async (): Promise<void> => {
    const body = { ...lease, spec: { ...asObject(lease['spec']), renewTime: microTime(api.now()) } };
    lease = asObject(await api.request('PUT', `${path}/${name}`, { purpose: 'renew the lock', body }));
  };
  const timer = setInterval(() => void beat().catch(() => undefined), LEASE_RENEWAL).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      const { uid } = asObject(lease['metadata']);
      const body = { preconditions: { uid } };
      // If it can't be removed, it expires.
      await api
        .request('DELETE', `${path}/${name}`, { purpose: 'give the lock back', body })
        .catch(() => undefined);
    },
  };
}

const leaseBody = (
  of: AppEnvironment,
  name: string,
  holder: string,
  owner: ClusterLockOwner,
  now: number,
): JsonObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name,
    labels: { ...labelsOf(of), [LABEL.role]: CLUSTER_ROLE.lock },
    annotations: { [OWNER_ANNOTATION]: JSON.stringify(owner) },
  },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: LEASE_EXPIRY,
    acquireTime: microTime(now),
    renewTime: microTime(now),
  },
});

/** As the API has it. */
const microTime = (time: number): string => new Date(time).toISOString().replace('Z', '000Z');

async function createLease(
  api: KubernetesApi,
  of: AppEnvironment,
  path: string,
  body: JsonObject,
): Promise<JsonObject> {
  const purpose = 'take the lock';
  const { name } = asObject(body['metadata']);
  const holder = asObject(body['spec'])['holderIdentity'];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return asObject(await api.request('POST', path, { purpose, body }));
    } catch (error) {
      if (!isRefusal(error, 'AlreadyExists') || attempt === 3) throw error;
    }
    const found = await api.find(`${path}/${String(name)}`, purpose);
    if (found === undefined) continue;
    const lease = asObject(found);
    const { holderIdentity, renewTime, leaseDurationSeconds } = asObject(lease['spec']);
    // The connection was lost after it was made.
    if (holderIdentity === holder) return lease;
    const age = api.now() - Date.parse(asText(renewTime) ?? '');
    if (!(age > Number(leaseDurationSeconds ?? LEASE_EXPIRY) * 1000)) {
      const annotations = asObject(asObject(lease['metadata'])['annotations']);
      throw clusterLockedError(of, readLockOwner(asText(annotations[OWNER_ANNOTATION])), LEASE_EXPIRY);
    }
    const { uid, resourceVersion } = asObject(lease['metadata']);
    // Of this very state, so that the lock of a third run, which did the same, is not removed.
    const preconditions = { preconditions: { uid, resourceVersion } };
    await api
      .request('DELETE', `${path}/${String(name)}`, { purpose, body: preconditions })
      .catch((error: unknown) => {
        if (!isRefusal(error, 'Conflict') && !isRefusal(error, 'NotFound')) throw error;
      });
  }
}
