import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import type { Tools } from '../model/tools.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

/** Holds private keys in memory for as long as a login takes, so that none is ever written to a disk. */
export interface SshAgent {
  readonly socket: string;
  /** `256 SHA256:… comment (ED25519)`: what the server should know. */
  fingerprints(): Promise<readonly string[]>;
  end(): void;
}

/** Seconds after which it forgets the keys even if nobody ends it. */
const KEY_LIFETIME = '120';
/** Asked again, ssh-add would take the same wrong passphrase for ever. */
const ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;

/** @throws ConfigurationError naming `ssh-key` or `ssh-key-passphrase` for a key that OpenSSH can't read */
export async function startSshAgent(
  folder: string,
  keys: readonly string[],
  passphrase: string | undefined,
  tools: Tools,
): Promise<SshAgent> {
  const socket = join(folder, 'agent');
  // The agent lives as long as its command, which lives as long as its stdin, which is ours: it can't outlive us.
  const child = spawn('ssh-agent', ['-a', socket, 'sh', '-c', 'echo "$SSH_AGENT_PID"; exec cat >/dev/null'], {
    env: sshEnvironment(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'exit').then(() => undefined);
  const started = new Promise<number>((resolve) => {
    const lines = new LineSplitter((line) => resolve(Number(line)));
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk));
  });
  const pid = await Promise.race([started, exited]).catch((error: unknown) => {
    throw sshStartError('ssh-agent', error);
  });
  if (pid === undefined)
    throw new ConfigurationError('ssh-agent ended as soon as it was started on this runner.');
  const agent: SshAgent = {
    socket,
    fingerprints: async () => {
      const { stdout } = await tools.run('ssh-add', ['-l'], {
        env: { ...sshEnvironment(), SSH_AUTH_SOCK: socket },
        allowedExitCodes: [1, 2],
      });
      return stdout.split('\n').filter((line) => line.includes('SHA256:'));
    },
    end: () => {
      child.stdin.end();
      if (child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has gone already.
      }
    },
  };
  try {
    const askpass = join(folder, 'askpass');
    await writeFile(askpass, ASKPASS, { mode: 0o700 });
    for (const key of keys) await addKey(tools, key, socket, askpass, passphrase);
    return agent;
  } catch (error) {
    agent.end();
    throw error;
  }
}

async function addKey(
  tools: Tools,
  key: string,
  socket: string,
  askpass: string,
  passphrase: string | undefined,
): Promise<void> {
  const env = {
    ...sshEnvironment(),
    SSH_AUTH_SOCK: socket,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: 'force',
    DISPLAY: ':0', // Before OpenSSH 8.4, askpass was only used with one.
    SEALIFT_PASSPHRASE: passphrase ?? '',
  };
  try {
    await tools.run('ssh-add', ['-q', '-t', KEY_LIFETIME, '-'], { env, stdin: key });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw unreadableKeyError(key, passphrase, error);
  }
}

function unreadableKeyError(
  key: string,
  passphrase: string | undefined,
  error: CommandError,
): ConfigurationError {
  const options = { evidence: error.evidence, cause: error };
  if (passphrase !== undefined && !/invalid format|error in libcrypto/.test(error.stderr)) {
    return new ConfigurationError('ssh-key-passphrase: it does not open the key in ssh-key.', options);
  }
  if (key.startsWith('-----BEGIN PRIVATE KEY-----')) {
    return new ConfigurationError(
      'ssh-key: OpenSSH can\'t read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Make one with: ssh-keygen -t ed25519',
      options,
    );
  }
  const wrongPassphrase = passphrase === undefined ? '' : ' Or ssh-key-passphrase is wrong.';
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key; some of it is missing or changed. Set the secret anew from the private key's file.${wrongPassphrase}`,
    options,
  );
}
