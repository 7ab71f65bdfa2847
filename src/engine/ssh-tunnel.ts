import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, type HostError } from '../model/errors.ts';
import type { HostAddress } from '../model/host-address.ts';
import type { SshAccess } from '../model/request.ts';
import type { Tools } from '../model/tools.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { type DialStdio, openDialStdio } from './dial-stdio.ts';
import { parseKnownHosts, renderKnownHosts } from './known-hosts.ts';
import { checkKnownHosts } from './known-hosts-check.ts';
import { parsePrivateKeys } from './private-keys.ts';
import { type SshAgent, startSshAgent } from './ssh-agent.ts';
import { renderSshConfig } from './ssh-config.ts';
import { sshLoginError, sshLostError } from './ssh-errors.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

export type SshAddress = HostAddress & { readonly kind: 'ssh' };

/** One SSH connection, with a local socket that leads to the engine's on the server. */
export interface SshTunnel {
  readonly socketPath: string;
  /** What ssh said since the login. */
  readonly stderrLines: readonly string[];
  /** Settles when the connection has ended by itself. */
  readonly disconnected: Promise<HostError>;
  /** The other way to the engine, over the same connection. */
  dialStdio(): Promise<DialStdio>;
  close(): Promise<void>;
}

const ENGINE_SOCKET = '/var/run/docker.sock';
/** The remote command: says that it is there, then lives exactly as long as the stdin that we hold. */
const REMOTE_COMMAND = 'echo ready; exec cat >/dev/null';
/** A path of a socket has 107 bytes, and ssh appends 17 to that of a control socket while it makes it. */
const MAX_FOLDER_LENGTH = 75;
/** Milliseconds, jump hosts included; each step has ssh's own ConnectTimeout. */
const LOGIN_TIMEOUT = 60_000;
const KEPT_SSH_LINES = 60;

/**
 * Logs in and forwards a private local socket to the engine's. The session beside it, whose stdin is ours, ends ssh and
 * the command on the server even when this process is killed.
 *
 * @throws ConfigurationError or HostError that says which input to change
 */
export async function openSshTunnel(
  address: SshAddress,
  access: SshAccess,
  tools: Tools,
): Promise<SshTunnel> {
  const keys = parsePrivateKeys(access.privateKey, access.passphrase);
  const knownHosts = parseKnownHosts(access.knownHosts);
  const folder = await privateFolder(tools.folder);
  const files = {
    knownHosts: join(folder, 'known_hosts'),
    agentSocket: join(folder, 'agent'),
    config: join(folder, 'config'),
  };
  let agent: SshAgent | undefined;
  try {
    const config = renderSshConfig(access.config, files);
    await Promise.all([
      writeFile(files.knownHosts, renderKnownHosts(knownHosts), { mode: 0o600 }),
      writeFile(files.config, config, { mode: 0o600 }),
    ]);
    await checkKnownHosts(knownHosts, tools);
    agent = await startSshAgent(folder, keys, access.passphrase, tools);
    return await sshLogIn(address, folder, { config, agent, tools });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    // The keys are needed for the login only.
    agent?.end();
  }
}

interface SshLogin {
  readonly config: string;
  readonly agent: SshAgent;
  readonly tools: Tools;
}

async function sshLogIn(
  address: SshAddress,
  folder: string,
  { config, agent, tools }: SshLogin,
): Promise<SshTunnel> {
  const socketPath = join(folder, 'engine');
  const control = join(folder, 'ctl');
  const common = ['-F', join(folder, 'config'), '-T', ...destination(address)];
  const child = spawn(
    'ssh',
    [
      ...['-M', '-S', control, '-L', `${socketPath}:${ENGINE_SOCKET}`],
      ...['ExitOnForwardFailure=yes', 'StreamLocalBindUnlink=yes', 'StreamLocalBindMask=0177'].flatMap(
        (option) => ['-o', option],
      ),
      ...common,
      REMOTE_COMMAND,
    ],
    { env: sshEnvironment(), stdio: 'pipe' },
  );
  const session = readSession(child, (line) => tools.log.debug(`${address.name}: ssh: ${line}`));
  const deadline = setTimeout(() => {
    session.stderrLines.push(`Connection timed out: no login within ${LOGIN_TIMEOUT / 1000} s`);
    child.kill();
  }, LOGIN_TIMEOUT);
  if (!(await session.ready.finally(() => clearTimeout(deadline)))) {
    const exitCode = await session.ended;
    const context = {
      name: address.name,
      hostname: address.hostname,
      config,
      exitCode,
      keys: await agent.fingerprints(),
    };
    throw sshLoginError(session.stderrLines, {
      ...context,
      offeredHostKey: await offeredKey(session.stderrLines, common, tools),
    });
  }
  let closing = false;
  let fallback: Promise<DialStdio> | undefined;
  const end = async () => {
    child.stdin.end();
    child.kill();
    await session.ended;
    await (await fallback)?.close();
    await rm(folder, { recursive: true, force: true });
  };
  const lost = new Promise<HostError>((resolve) => {
    void session.ended.then((code) => {
      if (closing) return;
      resolve(
        sshLostError(
          session.stderrLines,
          address.name,
          code === undefined ? 'was ended by a signal' : `ended with exit code ${code}`,
        ),
      );
    });
  });
  return {
    socketPath,
    stderrLines: session.stderrLines,
    disconnected: lost,
    dialStdio: () => (fallback ??= openDialStdio(join(folder, 'dial'), ['-S', control, ...common])),
    close: async () => {
      closing = true;
      await end();
    },
  };
}

function destination({ user, hostname, port }: SshAddress): readonly string[] {
  return [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    hostname,
  ];
}

interface SshSession {
  /** The last lines of stderr. */
  readonly stderrLines: string[];
  /** Whether the remote command runs; `false` when ssh ended before. */
  readonly ready: Promise<boolean>;
  /** Its exit code, once all of its output is read; `undefined` when a signal ended it. */
  readonly ended: Promise<number | undefined>;
}

function readSession(child: ChildProcessWithoutNullStreams, onLine: (line: string) => void): SshSession {
  const stderrLines: string[] = [];
  const keep = (line: string) => {
    stderrLines.push(line);
    if (stderrLines.length > KEPT_SSH_LINES) stderrLines.shift();
    onLine(line);
  };
  const stderr = new LineSplitter(keep);
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => {
      stderr.end();
      resolve(code ?? undefined);
    });
  });
  const ready = new Promise<boolean>((resolve, reject) => {
    // A shell's start-up files may print something before it.
    const stdout = new LineSplitter((line) => (line === 'ready' ? resolve(true) : keep(line)));
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.once('error', (error) => reject(sshStartError('ssh', error)));
    void ended.then(() => {
      stdout.end();
      resolve(false);
    });
  });
  return { stderrLines, ready, ended };
}

/** The fingerprint of a host key that was refused as unknown, which ssh tells only when it is asked to be verbose. */
async function offeredKey(
  stderrLines: readonly string[],
  common: readonly string[],
  tools: Tools,
): Promise<string | undefined> {
  if (!stderrLines.some((line) => /^No \S+ host key is known for/.test(line))) return undefined;
  const codes = Array.from({ length: 256 }, (_, code) => code);
  const { stderr } = await tools.run('ssh', ['-v', ...common, 'true'], {
    env: sshEnvironment(),
    allowedExitCodes: codes,
  });
  // With a jump host there are two; the last one is the one that was refused.
  return [...stderr.matchAll(/Server host key: (?<key>\S+ SHA256:\S+)/g)].at(-1)?.groups?.['key'];
}

/** A folder of this connection's own, in the step's, or where paths are shorter. */
async function privateFolder(parent: string): Promise<string> {
  const base =
    Buffer.byteLength(join(parent, 'hXXXXXX')) <= MAX_FOLDER_LENGTH
      ? join(parent, 'h')
      : join(tmpdir(), 'sealift-');
  const folder = await mkdtemp(base);
  if (Buffer.byteLength(folder) <= MAX_FOLDER_LENGTH) return folder;
  await rm(folder, { recursive: true, force: true });
  throw new ConfigurationError(
    `The runner's folder for temporary files has too long a path for a socket: ${folder}. Set TMPDIR to a shorter one.`,
  );
}
