import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { SshAccess } from '../model/access.ts';
import { CommandError, ConfigurationError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { inBackground } from '../run/promises.ts';
import { privateFolder } from './private-folder.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

/** Holds private keys in memory during a login, so that no key is ever written to a disk. */
export interface SshAgent {
  /** Resolves when it has all keys. @throws ConfigurationError naming `ssh-key` or `ssh-key-passphrase` */
  readonly ready: Promise<void>;
  /** `256 SHA256:… comment (ED25519)` of each key. */
  fingerprints(): Promise<readonly string[]>;
  /** Gives it the keys again if it may soon drop them. */
  refresh(): Promise<void>;
  /** Resolves when nothing of it is left. May be called again. */
  end(): Promise<void>;
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

/** An agent, and how many hosts of a fleet use it. */
interface SharedAgent {
  readonly starting: Promise<RunningAgent>;
  users: number;
}

/** All hosts of a fleet have the same keys. */
const sharedAgents = new WeakMap<SshAccess, SharedAgent>();

/**
 * Starts an agent, or uses that of another host with the same access. ssh may ask it at once, by the socket `agent` in the folder: it
 * gets an answer when the agent has the keys, so a login begins while they are read.
 */
export async function startSshAgent(
  folder: string,
  access: SshAccess,
  keys: readonly string[],
  step: StepContext,
): Promise<SshAgent> {
  const shared = sharedAgents.get(access) ?? {
    starting: inBackground(startWithKeys(keys, access.passphrase, step)),
    users: 0,
  };
  sharedAgents.set(access, shared);
  shared.users += 1;
  const { starting } = shared;
  let ending: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    shared.users -= 1;
    if (shared.users > 0) return;
    sharedAgents.delete(access);
    const agent = await starting.catch(() => undefined);
    agent?.end();
  };
  const end = (): Promise<void> => {
    ending ??= leave();
    return ending;
  };
  const gate = await openGate(join(folder, 'agent'), starting).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    ready: inBackground(starting.then(() => undefined)),
    fingerprints: async () => await (await starting).fingerprints(),
    refresh: async () => {
      // A first login does not wait for the keys.
      if (gate.isOpen) await (await starting).refresh();
    },
    end: () => {
      gate.close();
      return end();
    },
  };
}

/** An agent that runs and has its keys. */
interface RunningAgent extends Omit<SshAgent, 'ready' | 'end'> {
  readonly socket: string;
  end(): void;
}

/** A socket whose connections wait for an agent, and end if it can't be started. */
async function openGate(
  path: string,
  starting: Promise<RunningAgent>,
): Promise<{ readonly isOpen: boolean; readonly close: () => void }> {
  const connections = new Set<Socket>();
  const add = (connection: Socket): void => {
    connections.add(connection);
    connection.on('error', () => undefined).once('close', () => connections.delete(connection));
  };
  const server = createServer((connection) => {
    add(connection);
    starting.then(
      ({ socket }) => {
        const agent = createConnection(socket);
        add(agent);
        connection.pipe(agent).pipe(connection);
        agent.once('close', () => connection.destroy());
        connection.once('close', () => agent.destroy());
      },
      () => connection.destroy(),
    );
  });
  const gate = {
    isOpen: false,
    close: () => {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
  starting.then(
    () => {
      gate.isOpen = true;
    },
    () => undefined,
  );
  server.listen(path);
  await once(server, 'listening').catch((error: unknown) => {
    throw noSocketError(error);
  });
  return gate;
}

const noSocketError = (cause?: unknown): ConfigurationError =>
  new ConfigurationError(
    "ssh-agent ended right after its start on this runner. Usually it can't create its socket: let TMPDIR name a directory on a local disk with free space.",
    { cause },
  );

/** @throws ConfigurationError naming `ssh-key` or `ssh-key-passphrase` for a key that OpenSSH can't read */
async function startWithKeys(
  keys: readonly string[],
  passphrase: string | undefined,
  step: StepContext,
): Promise<RunningAgent> {
  const folder = await privateFolder(step.folder);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const socket = join(folder, 'keys');
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
    remove();
    throw sshStartError('ssh-agent', error);
  });
  if (pid === undefined) {
    remove();
    throw noSocketError();
  }
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
  const agent: RunningAgent = {
    socket,
    fingerprints: () => listKeys(env, step),
    refresh: async () => {
      if (performance.now() - addedAt > REFRESH_AFTER) await addKeys();
    },
    end: () => {
      remove();
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
  ready: Promise.resolve(),
  fingerprints: () => listKeys(env, step),
  refresh: () => Promise.resolve(),
  end: () => Promise.resolve(),
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
