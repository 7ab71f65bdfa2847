/** A real swarm of servers of the lab: the first one is its manager. */
import type { Lab, Server } from './lab.ts';
import { serverOf } from './lab.ts';

/**
 * Makes one; takes apart what an earlier run of tests has left.
 * @param role of the other servers
 */
export async function makeSwarm(lab: Lab, role: 'worker' | 'manager' = 'worker'): Promise<void> {
  await leaveSwarm(lab);
  const manager = serverOf(lab);
  const docker = (server: Server, ...args: string[]): Promise<string> =>
    lab.run('in', server.name, 'docker', ...args);
  const own = (server: Server): string[] => ['--advertise-addr', server.address];
  await docker(manager, 'swarm', 'init', ...own(manager), '--data-path-addr', manager.address);
  const token = (await docker(manager, 'swarm', 'join-token', '--quiet', role)).trim();
  for (const server of lab.servers.slice(1))
    await docker(server, 'swarm', 'join', '--token', token, ...own(server), `${manager.address}:2377`);
}

/** No server is in a swarm any more. */
export async function leaveSwarm(lab: Lab): Promise<void> {
  for (const server of lab.servers.toReversed()) {
    const { Swarm } = await server.engine.get('/info');
    if (Swarm.LocalNodeState !== 'inactive')
      await lab.run('in', server.name, 'docker', 'swarm', 'leave', '--force');
  }
}
