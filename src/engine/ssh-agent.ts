import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

/** Holds private keys in memory during a login, so that no key is ever written to a disk. */
export interface SshAgent {
  /** `256 SHA256:… comment (ED25519)` of each key. */
  fingerprints(): Promise<readonly string[]>;
  /** Gives it the keys again if it may soon drop them. */
  refresh(): Promise<void>;
  end(): void;
}

/** Seconds after which the agent drops the keys, even if nobody ends it. Enough for one login. */
const KEY_LIFETIME = 120;
/** Milliseconds after which a login gets them anew: it may have waited in line. */
const REFRESH_AFTER = 30_000;
/** The second question begins with "Bad passphrase": without an exit, ssh-add would try the same one forever. */
const ASKPASS = `#!/bin/sh
case "$1" in Bad*) exit 1 ;; esac
printf '%s\\n' "$SEALIFT_PASSPHRASE"
`;

/** @throws ConfigurationError naming `ssh-key` or `ssh-key-passphrase` for a key that OpenSSH can't read */
export async function startSshAgent(
  folder: string,
  keys: readonly string[],
  passphrase: string | undefined,
  step: StepContext,
): Promise<SshAgent> {
  const socket = join(folder, 'agent');
  // The agent lives as long as its command, and that as long as its stdin, which this process holds: the agent can't outlive it.
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
    throw new ConfigurationError(
      "ssh-agent ended right after its start on this runner. Usually it can't create its socket: let TMPDIR name a directory on a local disk with free space.",
    );
  const env = { ...sshEnvironment(), SSH_AUTH_SOCK: socket };
  const askpass = join(folder, 'askpass');
  const addEnv = {
    ...env,
    SSH_ASKPASS: askpass,
    SSH_ASKPASS_REQUIRE: 'force',
    DISPLAY: ':0', // Before OpenSSH 8.4, askpass was only used with a display.
    SEALIFT_PASSPHRASE: passphrase ?? '',
  };
  let addedAt = 0;
  const addKeys = async () => {
    for (const key of keys) {
      await step
        .run('ssh-add', ['-q', '-t', String(KEY_LIFETIME), '-'], { env: addEnv, stdin: key })
        .catch((error: unknown) => {
          throw error instanceof CommandError ? unreadableKeyError(key, passphrase, error) : error;
        });
    }
    addedAt = performance.now();
  };
  const agent: SshAgent = {
    fingerprints: () => listKeys(env, step),
    refresh: async () => {
      if (performance.now() - addedAt > REFRESH_AFTER) await addKeys();
    },
    end: () => {
      child.stdin.end();
      if (child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(pid, 'SIGTERM');
      } catch {
        // It has ended already.
      }
    },
  };
  try {
    await writeFile(askpass, ASKPASS, { mode: 0o700 });
    await addKeys();
    return agent;
  } catch (error) {
    agent.end();
    throw error;
  }
}

/** The agent of the user at a terminal, if he has one. It is never ended, and gets no keys. */
export const userSshAgent = (
  env: Readonly<Record<string, string>>,
  step: Pick<StepContext, 'run'>,
): SshAgent => ({
  fingerprints: () => listKeys(env, step),
  refresh: () => Promise.resolve(),
  end: () => undefined,
});

async function listKeys(
  env: Readonly<Record<string, string>>,
  { run }: Pick<StepContext, 'run'>,
): Promise<readonly string[]> {
  const { stdout } = await run('ssh-add', ['-l'], { env, allowedExitCodes: [1, 2] });
  return stdout.split('\n').filter((line) => line.includes('SHA256:'));
}

function unreadableKeyError(
  key: string,
  passphrase: string | undefined,
  error: CommandError,
): ConfigurationError {
  const options = { evidence: error.evidence, cause: error };
  if (passphrase !== undefined && !/invalid format|error in libcrypto/.test(error.stderr)) {
    return new ConfigurationError(
      'ssh-key-passphrase: it does not open the key in "ssh-key". Set the passphrase of that key, or use a key without one (ssh-keygen -p -f KEY removes it).',
      options,
    );
  }
  if (key.startsWith('-----BEGIN PRIVATE KEY-----')) {
    return new ConfigurationError(
      'ssh-key: OpenSSH can\'t read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Create one with: ssh-keygen -t ed25519',
      options,
    );
  }
  const wrongPassphrase = passphrase === undefined ? '' : ' Or "ssh-key-passphrase" is wrong.';
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key: a part is missing or changed. Set the secret again, from the private key's file.${wrongPassphrase}`,
    options,
  );
}
