import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshAccess } from '../model/access.ts';
import { ConfigurationError, type HostError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';
import type { Tail } from '../run/tail.ts';
import { type DialStdio, openDialStdio } from './dial-stdio.ts';
import { checkKnownHosts, parseKnownHosts, renderKnownHosts } from './known-hosts.ts';
import { parsePrivateKeys } from './private-keys.ts';
import { type SshAgent, startSshAgent } from './ssh-agent.ts';
import { renderSshConfig } from './ssh-config.ts';
import { sshLoginError, sshLostError } from './ssh-errors.ts';
import { sshEnvironment } from './ssh-process.ts';
import { hostArguments, type SshAddress, startSshSession } from './ssh-session.ts';

/** One SSH connection, with a local socket that is forwarded to the engine's socket on the server. */
export interface SshTunnel {
  readonly socketPath: string;
  /** The last lines of ssh's stderr. */
  readonly stderr: Tail;
  /** Resolves when the connection was lost. */
  readonly disconnected: Promise<HostError>;
  /** Opens the other route to the engine, over the same connection. */
  dialStdio(): Promise<DialStdio>;
  close(): Promise<void>;
}

const ENGINE_SOCKET = '/var/run/docker.sock';
/** A socket's path has at most 107 bytes, and ssh appends 17 to that of a control socket while it creates it. */
const MAX_FOLDER_LENGTH = 75;
/** Milliseconds, including jump hosts. Each step also has ssh's own ConnectTimeout. */
const LOGIN_TIMEOUT = 60_000;

/**
 * Logs in and forwards a private local socket to the engine's. The session beside it, whose stdin this process holds, ends ssh
 * and the command on the server, even when this process is killed.
 *
 * @throws ConfigurationError or HostError that says what to change
 */
export async function openSshTunnel(
  address: SshAddress,
  access: SshAccess,
  step: StepContext,
): Promise<SshTunnel> {
  const keys = parsePrivateKeys(access.privateKey, access.passphrase);
  const knownHosts = parseKnownHosts(access.knownHosts);
  const folder = await privateFolder(step.folder);
  const files = { knownHosts: join(folder, 'known_hosts'), agentSocket: join(folder, 'agent') };
  let agent: SshAgent | undefined;
  try {
    const config = renderSshConfig(access.config, files);
    await Promise.all([
      writeFile(files.knownHosts, renderKnownHosts(knownHosts), { mode: 0o600 }),
      writeFile(join(folder, 'config'), config, { mode: 0o600 }),
    ]);
    await checkKnownHosts(knownHosts, step);
    agent = await startSshAgent(folder, keys, access.passphrase, step);
    return await logIn(address, folder, { config, agent, step });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    // Only the login needs the keys.
    agent?.end();
  }
}

interface LoginResources {
  readonly config: string;
  readonly agent: SshAgent;
  readonly step: StepContext;
}

async function logIn(
  address: SshAddress,
  folder: string,
  { config, agent, step }: LoginResources,
): Promise<SshTunnel> {
  const { name, hostname } = address;
  const socketPath = join(folder, 'engine');
  const control = join(folder, 'ctl');
  const common = ['-F', join(folder, 'config'), '-T', ...hostArguments(address)];
  const forwarding = ['-M', '-S', control, '-L', `${socketPath}:${ENGINE_SOCKET}`];
  for (const option of ['ExitOnForwardFailure=yes', 'StreamLocalBindUnlink=yes', 'StreamLocalBindMask=0177'])
    forwarding.push('-o', option);
  const session = startSshSession([...forwarding, ...common], (line) =>
    step.log.debug(`${name}: ssh: ${line}`),
  );
  const { stderr } = session;
  const deadline = setTimeout(() => {
    stderr.push(`Connection timed out: no login within ${LOGIN_TIMEOUT / 1000} s`);
    session.kill();
  }, LOGIN_TIMEOUT);
  if (!(await session.ready.finally(() => clearTimeout(deadline)))) {
    const exitCode = await session.ended;
    const keys = await agent.fingerprints();
    const offeredHostKey = await findOfferedHostKey(stderr, common, step);
    throw sshLoginError(stderr.lines, { name, hostname, config, exitCode, keys, offeredHostKey });
  }
  let closing = false;
  let dialing: Promise<DialStdio> | undefined;
  const disconnected = new Promise<HostError>((resolve) => {
    void session.ended.then((code) => {
      const end = code === undefined ? 'was ended by a signal' : `ended with exit code ${code}`;
      if (!closing) resolve(sshLostError(stderr.lines, name, end));
    });
  });
  return {
    socketPath,
    stderr,
    disconnected,
    dialStdio: () => (dialing ??= openDialStdio(join(folder, 'dial'), ['-S', control, ...common])),
    close: async () => {
      closing = true;
      session.kill();
      await session.ended;
      await (await dialing)?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The fingerprint of an unknown host key, which ssh prints only in verbose mode. */
async function findOfferedHostKey(
  stderr: Tail,
  common: readonly string[],
  step: StepContext,
): Promise<string | undefined> {
  if (!stderr.lines.some((line) => /^No \S+ host key is known for/.test(line))) return undefined;
  const verbose = await step.run('ssh', ['-v', ...common, 'true'], {
    env: sshEnvironment(),
    allowedExitCodes: Array.from({ length: 256 }, (_, code) => code),
  });
  // With a jump host there are two; the last one was refused.
  return [...verbose.stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.['key'];
}

/** A directory for this connection, in the step's directory, or where paths are shorter. */
async function privateFolder(parent: string): Promise<string> {
  const fits = (path: string): boolean => Buffer.byteLength(path) <= MAX_FOLDER_LENGTH;
  const folder = await mkdtemp(
    fits(join(parent, 'hXXXXXX')) ? join(parent, 'h') : join(tmpdir(), 'sealift-'),
  );
  if (fits(folder)) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The path of the runner's directory for temporary files is too long for a socket: ${folder}. Set TMPDIR to a shorter one.`,
  );
}
