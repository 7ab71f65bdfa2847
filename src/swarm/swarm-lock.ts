import { randomUUID } from 'node:crypto';
import { type ClusterLockPlace, type HeldClusterLock, OVERDUE_AFTER } from '../cluster/cluster-lock.ts';
import { readLockOwner } from '../cluster/lock-owner.ts';
import { Conflict } from '../engine/errors.ts';
import type { SwarmConfig, SwarmEngine } from '../engine/swarm-engine.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import type { Initiator } from '../model/initiator.ts';
import type { ManagerConnection } from './manager-connection.ts';

/** Grows with each sign of life. */
const BEAT = 'sealift.beat';
/** Another run has found it expired, and is about to remove it: its owner has lost it, even if it gives a sign of life now. */
const TAKEN = 'sealift.taken';

/** The lock of an app in a swarm: a config object. Its id is that of the object. */
export class SwarmLockPlace implements ClusterLockPlace {
  readonly expiry = 90_000;
  readonly #managers: ManagerConnection;
  readonly #of: AppEnvironment;

  constructor(managers: ManagerConnection, of: AppEnvironment) {
    this.#managers = managers;
    this.#of = of;
  }

  get host(): HostName {
    return this.#managers.host;
  }

  get name(): string {
    return `config ${this.#configName}`;
  }

  get #configName(): string {
    return `${baseProject(this.#of)}.sealift.lock`;
  }

  get #labels(): Readonly<Record<string, string>> {
    return { ...labelsOf(this.#of), [LABEL.role]: 'lock' };
  }

  async create({ actor, runUrl }: Initiator): Promise<string | undefined> {
    const content = JSON.stringify({ actor, runUrl, nonce: randomUUID() });
    return await this.#managers.use(async (swarm) => {
      try {
        return await swarm.createConfig(this.#configName, { ...this.#labels, [BEAT]: '0' }, content);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      // The connection may have been lost after it was made.
      const found = await this.#find(swarm);
      return found?.content === content ? found.id : undefined;
    });
  }

  async read(): Promise<HeldClusterLock | undefined> {
    return await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock === undefined) return undefined;
      const age = Date.parse((await swarm.swarmNode()).time) - Date.parse(lock.updatedAt);
      return {
        id: lock.id,
        version: String(lock.version),
        owner: readLockOwner(lock.content),
        since: lock.createdAt,
        isExpired: isTaken(lock) || age > this.expiry,
        isOverdue: age > OVERDUE_AFTER,
      };
    });
  }

  async renew(id: string): Promise<boolean> {
    return await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock?.id !== id || isTaken(lock)) return false;
      const beat = String(Number(lock.labels[BEAT]) + 1);
      await swarm.setConfigLabels(lock, { ...this.#labels, [BEAT]: beat });
      return true;
    });
  }

  remove(id: string): Promise<void> {
    return this.#managers.use((swarm) => swarm.removeConfig(id));
  }

  /** In two steps: a swarm removes whatever has the id, but it changes labels of one version only. */
  async removeExpired(held: HeldClusterLock): Promise<void> {
    await this.#managers.use(async (swarm) => {
      const lock = await this.#find(swarm);
      if (lock?.id !== held.id) return;
      if (!isTaken(lock)) {
        if (String(lock.version) !== held.version) return;
        try {
          await swarm.setConfigLabels(lock, { ...lock.labels, [TAKEN]: 'true' });
        } catch (error) {
          // It has been changed since.
          if (error instanceof HostError && !swarm.disconnected.aborted) return;
          throw error;
        }
      }
      await swarm.removeConfig(lock.id);
    });
  }

  async #find(swarm: SwarmEngine): Promise<SwarmConfig | undefined> {
    const filters = Object.entries(this.#labels).map(([key, value]) => `${key}=${value}`);
    return (await swarm.listConfigs(filters)).find((config) => config.name === this.#configName);
  }
}

const isTaken = ({ labels }: SwarmConfig): boolean => Object.hasOwn(labels, TAKEN);
