import { join } from 'node:path';
import type { Lab } from '../../../__tests__/support/lab.ts';

/** The database of the shop, from the lab's registry: the nodes of a cluster pull with one login. */
export async function databaseImage(lab: Lab): Promise<string> {
  const image = `${lab.registry.address}/demo/redis:7`;
  // The lab's own logins: those of whoever runs the demo stay as they are.
  const docker = (...args: readonly string[]): Promise<string> =>
    lab.docker('--config', join(lab.folder, 'docker-config'), ...args);
  await docker('pull', '--quiet', 'redis:7');
  await docker('tag', 'redis:7', image);
  await docker('push', '--quiet', image);
  return image;
}
