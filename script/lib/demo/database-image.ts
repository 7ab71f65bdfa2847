import type { Lab } from '../../../__tests__/support/lab.ts';

/** The database of the shop, from the lab's registry: the nodes of a cluster pull with one login. */
export async function databaseImage(lab: Lab): Promise<string> {
  const image = `${lab.registry.address}/demo/redis:7`;
  const { address, username, password } = lab.registry;
  await lab.docker('login', '--username', username, '--password', password, address);
  await lab.docker('pull', '--quiet', 'redis:7');
  await lab.docker('tag', 'redis:7', image);
  await lab.docker('push', '--quiet', image);
  return image;
}
