import { randomUUID } from 'node:crypto';
import type { ClusterLockOwner } from '../cluster/cluster.ts';
import { clusterLockedError, readLockOwner } from '../cluster/lock-owner.ts';
import { Conflict } from '../engine/errors.ts';
import type { SwarmConfig, SwarmEngine } from '../engine/swarm-engine.ts';
import { type AppEnvironment, baseProject, LABEL, labelsOf } from '../model/app-environment.ts';
import type { ManagerConnection } from './manager-connection.ts';

/** Milliseconds between two signs of life of the run that has the lock. */
const BEAT_INTERVAL = 15_000;
/** Milliseconds without one after which it is dead: its job was killed. */
const EXPIRY = 90_000;

const BEAT = 'sealift.beat';

/**
 * Takes the lock of an app: a config object, of whose name there can be one only. It is given back at the end of the scope.
 * @throws SealiftError that names the run which has it
 */
export async function takeSwarmLock(
  managers: ManagerConnection,
  of: AppEnvironment,
  owner: ClusterLockOwner,
): Promise<AsyncDisposable> {
  const name = `${baseProject(of)}.sealift.lock`;
  const labels = { ...labelsOf(of), [LABEL.role]: 'lock' };
  const content = JSON.stringify({ ...owner, nonce: randomUUID() });
  const id = await managers.use((swarm) =>
    createSwarmLock(swarm, of, name, { ...labels, [BEAT]: '0' }, content),
  );
  let beats = 0;
  const beat = (): Promise<void> =>
    managers.use(async (swarm) => {
      const lock = await findLock(swarm, of, name);
      beats += 1;
      if (lock?.id === id) await swarm.setConfigLabels(lock, { ...labels, [BEAT]: String(beats) });
    });
  const timer = setInterval(() => void beat().catch(() => undefined), BEAT_INTERVAL).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      // If it can't be removed, it expires.
      await managers.use((swarm) => swarm.removeConfig(id)).catch(() => undefined);
    },
  };
}

async function createSwarmLock(
  swarm: SwarmEngine,
  of: AppEnvironment,
  name: string,
  labels: Readonly<Record<string, string>>,
  content: string,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await swarm.createConfig(name, labels, content);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === 3) throw error;
    }
    const lock = await findLock(swarm, of, name);
    if (lock === undefined) continue;
    // The connection was lost after it was made.
    if (lock.content === content) return lock.id;
    const age = Date.parse((await swarm.swarmNode()).time) - Date.parse(lock.updatedAt);
    if (!(age > EXPIRY)) throw clusterLockedError(of, readLockOwner(lock.content), EXPIRY / 1000);
    // By its id, so that the lock of a third run, which did the same, is not removed.
    await swarm.removeConfig(lock.id);
  }
}

async function findLock(
  swarm: SwarmEngine,
  of: AppEnvironment,
  name: string,
): Promise<SwarmConfig | undefined> {
  const filters = Object.entries({ ...labelsOf(of), [LABEL.role]: 'lock' }).map(
    ([key, value]) => `${key}=${value}`,
  );
  return (await swarm.listConfigs(filters)).find((config) => config.name === name);
}
