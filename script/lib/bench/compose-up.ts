import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runnerOf, type Version } from '../../../__tests__/support/apps/images.ts';
import { removeApp } from '../../../__tests__/support/lab/cleanup.ts';
import { type Lab, type Server, uniqueName, uniquePort } from '../../../__tests__/support/lab.ts';
import { workspace } from '../../../__tests__/support/workspace.ts';
import { appFiles, buildApp } from './app.ts';
import type { Contender } from './contender.ts';

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
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const { PATH, ...runner } = runnerOf(lab);
  await writeFile(join(folder, 'known_hosts'), lab.ssh.knownHosts);
  await writeFile(join(folder, 'key'), lab.ssh.key, { mode: 0o600 });
  // The docker CLI starts `ssh` from PATH and can't pass options to it.
  const options = [`UserKnownHostsFile=${folder}/known_hosts`, 'IdentitiesOnly=yes', 'BatchMode=yes'];
  const ssh = ['/usr/bin/ssh', '-i', `${folder}/key`, ...options.flatMap((option) => ['-o', option])];
  await writeFile(join(folder, 'ssh'), `#!/bin/sh\nexec ${ssh.join(' ')} "$@"\n`);
  await chmod(join(folder, 'ssh'), 0o755);

  const up = async ({ image }: Version) => {
    const env = { ...runner, PATH: `${folder}:${PATH}`, DOCKER_HOST: host ?? server.url, IMAGE: image };
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
      await rm(folder, { recursive: true, force: true });
    },
  };
}
