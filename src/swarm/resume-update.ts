import type { SwarmService } from '../engine/swarm-engine.ts';
import type { ManagerConnection } from './manager-connection.ts';

/** A label whose only use is that it is another one: a swarm begins an update anew for a service that was changed. */
const RESUMED = 'sealift.resumed';

/** Makes the swarm begin the update of a service anew with what is left to do. */
export async function resumeUpdate(
  managers: ManagerConnection,
  { id, labels }: Pick<SwarmService, 'id' | 'labels'>,
): Promise<void> {
  const resumed = { ...labels, [RESUMED]: new Date().toISOString() };
  await managers.use((swarm) => swarm.setServiceLabels(id, resumed));
}
