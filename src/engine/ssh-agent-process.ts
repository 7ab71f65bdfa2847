import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { thisRunner } from '../model/place-words.ts';
import type { StepContext } from '../model/step-context.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { privateFolder } from './private-folder.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

/** An agent that runs and has its keys. */
export interface RunningAgent {
  readonly socket: string;
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

/**
 * Starts an agent of this process, in a private folder that goes with it.
 * @throws ConfigurationError naming `ssh-key` or `ssh-key-passphrase` for a key that OpenSSH can't read
 */
export async function startAgentWithKeys(
  keys: readonly string[],
  passphrase: string | undefined,
  step: StepContext,
): Promise<RunningAgent> {
  const folder = await privateFolder(step.folder);
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  const socket = join(folder, 'keys');
  const endProcess = await spawnAgent(socket).catch((error: unknown) => {
    removeFolder();
    throw error;
  });
  const end = (): void => {
    removeFolder();
    endProcess();
  };
  try {
    const askpass = join(folder, 'askpass');
    await writeFile(askpass, ASKPASS, { mode: 0o700 });
    const keyring = new Keyring(socket, askpass, keys, passphrase, step);
    await keyring.add();
    return { socket, fingerprints: () => keyring.list(), refresh: () => keyring.refresh(), end };
  } catch (error) {
    end();
    throw error;
  }
}

/**
 * The agent lives as long as its command, and that as long as its stdin, which this process holds: the agent can't outlive it.
 * @returns ends it
 */
async function spawnAgent(socket: string): Promise<() => void> {
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
  if (pid === undefined) throw noSocketError();
  return () => {
    child.stdin.end();
    if (child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended already.
    }
  };
}

/** The keys of a running agent, which it drops after a while. */
class Keyring {
  readonly #env: Readonly<Record<string, string>>;
  readonly #askpass: string;
  readonly #keys: readonly string[];
  readonly #passphrase: string | undefined;
  readonly #step: StepContext;
  #addedAt = 0;

  constructor(
    socket: string,
    askpass: string,
    keys: readonly string[],
    passphrase: string | undefined,
    step: StepContext,
  ) {
    this.#env = { ...sshEnvironment(), SSH_AUTH_SOCK: socket };
    this.#askpass = askpass;
    this.#keys = keys;
    this.#passphrase = passphrase;
    this.#step = step;
  }

  /** @throws ConfigurationError for a key that OpenSSH can't read */
  async add(): Promise<void> {
    const env = {
      ...this.#env,
      SSH_ASKPASS: this.#askpass,
      SSH_ASKPASS_REQUIRE: 'force',
      DISPLAY: ':0', // Before OpenSSH 8.4, askpass was only used with a display.
      SEALIFT_PASSPHRASE: this.#passphrase ?? '',
    };
    for (const key of this.#keys) {
      await this.#step
        .run('ssh-add', ['-q', '-t', String(KEY_LIFETIME), '-'], { env, stdin: key })
        .catch((error: unknown) => {
          throw error instanceof CommandError ? unreadableKeyError(key, this.#passphrase, error) : error;
        });
    }
    this.#addedAt = performance.now();
  }

  async refresh(): Promise<void> {
    if (performance.now() - this.#addedAt > REFRESH_AFTER) await this.add();
  }

  list(): Promise<readonly string[]> {
    return listKeys(this.#env, this.#step);
  }
}

/** @param env with the socket of an agent @returns `256 SHA256:… comment (ED25519)` of each of its keys */
export async function listKeys(
  env: Readonly<Record<string, string>>,
  { run }: Pick<StepContext, 'run'>,
): Promise<readonly string[]> {
  const { stdout } = await run('ssh-add', ['-l'], { env, allowedExitCodes: [1, 2] });
  return stdout.split('\n').filter((line) => line.includes('SHA256:'));
}

/** No socket of an agent can be made on this runner. */
export const noSocketError = (cause?: unknown): ConfigurationError =>
  new ConfigurationError(
    `ssh-agent ended right after its start on ${thisRunner()}. Usually it can't create its socket: let TMPDIR name a directory on a local disk with free space.`,
    { cause },
  );

function unreadableKeyError(
  key: string,
  passphrase: string | undefined,
  error: CommandError,
): ConfigurationError {
  const options = { evidence: error.evidence, cause: error };
  if (passphrase !== undefined && !/invalid format|error in libcrypto/.test(error.stderr)) {
    return new ConfigurationError(
      `ssh-key-passphrase: it does not open the key in "${inputRef('ssh-key')}". Set the passphrase of that key, or use a key without one (ssh-keygen -p -f KEY removes it).`,
      options,
    );
  }
  if (key.startsWith('-----BEGIN PRIVATE KEY-----')) {
    return new ConfigurationError(
      'ssh-key: OpenSSH can\'t read this key in PKCS#8 form ("BEGIN PRIVATE KEY"). Create one with: ssh-keygen -t ed25519',
      options,
    );
  }
  const wrongPassphrase = passphrase === undefined ? '' : ` Or "${inputRef('ssh-key-passphrase')}" is wrong.`;
  return new ConfigurationError(
    `ssh-key: OpenSSH can't read this key: a part is missing or changed. Set the secret again, from the private key's file.${wrongPassphrase}`,
    options,
  );
}
