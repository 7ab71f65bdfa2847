import { CommandError } from '../model/errors.ts';
import type { Tools } from '../model/run.ts';
import { type KnownHost, malformed } from './known-hosts.ts';
import { sshEnvironment } from './ssh-process.ts';

/**
 * Asks OpenSSH itself whether it can read every line: what it can't read, it would pass over in silence.
 * @throws ConfigurationError naming the line by its number
 */
export async function checkKnownHosts(
  hosts: readonly KnownHost[],
  file: string,
  tools: Tools,
): Promise<void> {
  if ((await readable(file, undefined, tools)) === hosts.length) return;
  for (const { number, line } of hosts) {
    if ((await readable('-', `${line}\n`, tools)) === 0)
      throw malformed(number, 'has a key that OpenSSH can not read');
  }
}

/** How many keys OpenSSH reads. */
async function readable(file: string, stdin: string | undefined, tools: Tools): Promise<number> {
  try {
    const { stdout } = await tools.run('ssh-keygen', ['-l', '-f', file], {
      env: sshEnvironment(),
      ...(stdin === undefined ? {} : { stdin }),
    });
    return stdout.split('\n').filter(Boolean).length;
  } catch (error) {
    if (error instanceof CommandError) return 0;
    throw error;
  }
}
