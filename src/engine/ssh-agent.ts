import { join } from 'node:path';
import type { SshAccess } from '../model/access.ts';
import type { StepContext } from '../model/step-context.ts';
import { inBackground } from '../run/promises.ts';
import { openAgentSocket } from './agent-socket.ts';
import { listKeys, type RunningAgent, startAgentWithKeys } from './ssh-agent-process.ts';

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
    starting: inBackground(startAgentWithKeys(keys, access.passphrase, step)),
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
  const socket = await openAgentSocket(join(folder, 'agent'), starting).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    ready: inBackground(starting.then(() => undefined)),
    fingerprints: async () => await (await starting).fingerprints(),
    refresh: async () => {
      // A first login does not wait for the keys.
      if (socket.answers) await (await starting).refresh();
    },
    end: () => {
      socket.close();
      return end();
    },
  };
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
