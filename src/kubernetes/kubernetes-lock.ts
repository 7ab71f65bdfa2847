import { randomUUID } from 'node:crypto';
import { type ClusterLockPlace, type HeldClusterLock, OVERDUE_AFTER } from '../cluster/cluster-lock.ts';
import { readLockOwner } from '../cluster/lock-owner.ts';
import { type AppEnvironment, LABEL, labelsOf } from '../model/app-environment.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import { asObject, asText, isObject, type JsonObject } from '../model/json.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { CLUSTER_ROLE, keptName } from './kubernetes-records.ts';
import { isRefusal } from './kubernetes-refusal.ts';

/** Seconds. */
const LEASE_EXPIRY = 60;
/** Milliseconds for a sign of life, with all tries: the next one says a later time. */
const BEAT_LIMIT = 10_000;
/** Others may change a lease too, such as `kubectl annotate`. */
const BEAT_TRIES = 3;
const OWNER_ANNOTATION = 'sealift.lock';

/** The lock of an app in a namespace: a Lease. Its id is the holder. */
export class KubernetesLockPlace implements ClusterLockPlace {
  readonly expiry = LEASE_EXPIRY * 1000;
  readonly #api: KubernetesApi;
  readonly #of: AppEnvironment;
  readonly #path: string;
  readonly #leaseName: string;

  constructor(api: KubernetesApi, of: AppEnvironment, namespace: string) {
    this.#api = api;
    this.#of = of;
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    this.#leaseName = keptName(of, 'lock');
  }

  get host(): HostName {
    return this.#api.host;
  }

  get name(): string {
    return `Lease ${this.#leaseName}`;
  }

  async create(owner: Initiator): Promise<string | undefined> {
    const holder = randomUUID();
    const body = leaseBody(this.#of, this.#leaseName, holder, owner, this.#api.now());
    try {
      await this.#api.request('POST', this.#path, { purpose: 'take the lock', body });
      return holder;
    } catch (error) {
      if (!isRefusal(error, 'AlreadyExists')) throw error;
    }
    // The connection may have been lost after it was made.
    const found = await this.#find('take the lock');
    return found !== undefined && holderOf(found) === holder ? holder : undefined;
  }

  async read(): Promise<HeldClusterLock | undefined> {
    const lease = await this.#find('look at the lock');
    if (lease === undefined) return undefined;
    const { resourceVersion, annotations } = asObject(lease['metadata']);
    const { renewTime, acquireTime, leaseDurationSeconds } = asObject(lease['spec']);
    const age = this.#api.now() - Date.parse(asText(renewTime) ?? '');
    return {
      id: holderOf(lease),
      version: asText(resourceVersion) ?? '',
      owner: readLockOwner(asText(asObject(annotations)[OWNER_ANNOTATION])),
      since: asText(acquireTime) ?? '',
      isExpired: age > Number(leaseDurationSeconds ?? LEASE_EXPIRY) * 1000,
      isOverdue: age > OVERDUE_AFTER,
    };
  }

  /** It is read anew for each try: an answer may be lost after the lease was written, and then it has another version. */
  async renew(id: string): Promise<boolean> {
    const purpose = 'renew the lock';
    const signal = AbortSignal.timeout(BEAT_LIMIT);
    for (let attempt = 1; ; attempt += 1) {
      const lease = await this.#find(purpose, signal);
      if (lease === undefined || holderOf(lease) !== id) return false;
      const spec = { ...asObject(lease['spec']), renewTime: microTime(this.#api.now()) };
      const body = { ...lease, spec };
      try {
        await this.#api.request('PUT', `${this.#path}/${this.#leaseName}`, { purpose, body, signal });
        return true;
      } catch (error) {
        if (!isRefusal(error, 'Conflict') || attempt === BEAT_TRIES) throw error;
      }
    }
  }

  async remove(id: string): Promise<void> {
    const lease = await this.#find('give the lock back');
    if (lease === undefined || holderOf(lease) !== id) return;
    const { uid } = asObject(lease['metadata']);
    await this.#delete('give the lock back', { uid });
  }

  async removeExpired({ version }: HeldClusterLock): Promise<void> {
    await this.#delete('take the lock', { resourceVersion: version });
  }

  async #find(purpose: string, signal?: AbortSignal): Promise<JsonObject | undefined> {
    const found = await this.#api.find(`${this.#path}/${this.#leaseName}`, purpose, signal);
    return isObject(found) ? found : undefined;
  }

  /** No error if it is gone, or another one. */
  async #delete(purpose: string, preconditions: JsonObject): Promise<void> {
    try {
      const body = { preconditions };
      await this.#api.request('DELETE', `${this.#path}/${this.#leaseName}`, { purpose, body });
    } catch (error) {
      if (!isRefusal(error, 'Conflict') && !isRefusal(error, 'NotFound')) throw error;
    }
  }
}

const holderOf = (lease: JsonObject): string => asText(asObject(lease['spec'])['holderIdentity']) ?? '';

const leaseBody = (
  of: AppEnvironment,
  name: string,
  holder: string,
  owner: Initiator,
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
