import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Version } from '../../../__tests__/support/apps/images.ts';
import { removeApp } from '../../../__tests__/support/lab/cleanup.ts';
import { type Lab, type Server, uniqueName, uniquePort } from '../../../__tests__/support/lab.ts';
import { workspace } from '../../../__tests__/support/workspace.ts';
import { appFiles, buildApp } from './app.ts';
import type { Contender } from './contender.ts';
import { sshProgram } from './ssh-program.ts';

/**
 * `docker compose up --detach` on the runner against the engine of the server, with the same file. The login to the registry
 * happens before and is not counted.
 *
 * @param host replaces the ssh:// address of the server
 */
export async function composeUp(
  lab: Lab,
  server: Server,
  versions: readonly string[],
  host?: string,
): Promise<Contender> {
  const app = uniqueName('bench');
  const port = uniquePort();
  const checkout = await workspace({ files: appFiles(port) });
  const ssh = await sshProgram(lab);

  const up = async ({ image }: Version) => {
    const env = { ...ssh.environment, DOCKER_HOST: host ?? server.url, IMAGE: image };
    const args = ['compose', '--project-name', app, 'up', '--detach', '--quiet-pull'];
    const began = performance.now();
    await promisify(execFile)('docker', args, { cwd: checkout.path, env });
    return { all: performance.now() - began, stages: {}, programs: ['docker compose up'] };
  };
  return {
    name: 'docker compose up -d',
    app,
    server,
    url: `http://${server.address}:${port}/`,
    versions: await buildApp(lab, `${lab.registry.address}/e2e/${app}`, versions),
    deploy: up,
    back: up,
    remove: async () => {
      await removeApp(server, app);
      await checkout.remove();
      await ssh.remove();
    },
  };
}
