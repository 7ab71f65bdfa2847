import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runnerOf } from '../../../__tests__/support/apps/images.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';

/** A folder with a program `ssh` that logs in to the servers of the lab: the docker CLI can't pass options to it. */
export interface SshProgram {
  /** The environment of a runner whose programs start that ssh. */
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function sshProgram(lab: Lab): Promise<SshProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  await writeFile(join(folder, 'known_hosts'), lab.ssh.knownHosts);
  await writeFile(join(folder, 'key'), lab.ssh.key, { mode: 0o600 });
  const options = [`UserKnownHostsFile=${folder}/known_hosts`, 'IdentitiesOnly=yes', 'BatchMode=yes'];
  const ssh = ['/usr/bin/ssh', '-i', `${folder}/key`, ...options.flatMap((option) => ['-o', option])];
  await writeFile(join(folder, 'ssh'), `#!/bin/sh\nexec ${ssh.join(' ')} "$@"\n`);
  await chmod(join(folder, 'ssh'), 0o755);
  const { PATH, ...runner } = runnerOf(lab);
  return {
    environment: { ...runner, PATH: `${folder}:${PATH}` },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
