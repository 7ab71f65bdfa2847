import { CommandError } from '../model/errors.ts';
import type { Tools } from '../model/tools.ts';
import { type KnownHost, malformedKnownHost } from './known-hosts.ts';
import { sshEnvironment } from './ssh-process.ts';

/**
 * Asks OpenSSH itself whether it can read every line: what it can't read, it would pass over in silence.
 * @throws ConfigurationError naming the line by its number
 */
export async function checkKnownHosts(hosts: readonly KnownHost[], tools: Tools): Promise<void> {
  if ((await countReadableKeys(hosts, tools)) === hosts.length) return;
  for (const host of hosts) {
    if ((await countReadableKeys([host], tools)) === 0)
      throw malformedKnownHost(host.number, 'has a key that OpenSSH can not read');
  }
}

/** How many keys OpenSSH reads. */
async function countReadableKeys(hosts: readonly KnownHost[], tools: Tools): Promise<number> {
  // ssh knows markers, ssh-keygen -l does not.
  const stdin = hosts.map(({ line }) => `${line.replace(/^@\S+\s+/, '')}\n`).join('');
  try {
    const { stdout } = await tools.run('ssh-keygen', ['-l', '-f', '-'], { env: sshEnvironment(), stdin });
    return stdout.split('\n').filter(Boolean).length;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}
