import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { LineSplitter } from '../run/line-splitter.ts';
import { Tail } from '../run/tail.ts';
import { MarkerSearch, makeShellMarker } from './marker.ts';
import { OWN_GROUP, sshStartError } from './ssh-process.ts';

/** The ssh process of one login. Sessions and forwarded sockets share its connection. It ends with this process, even if that is killed. */
export interface SshMaster {
  /** Of the command on the server. Before its own output stands what ssh itself prints. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last lines of stderr. */
  readonly stderr: Tail;
  /** Whether the login has worked; `false` when ssh ended before. */
  readonly loggedIn: Promise<boolean>;
  /** The exit code, once all output is read; `undefined` when a signal ended ssh. */
  readonly ended: Promise<number | undefined>;
  kill(): void;
}

export interface SshMasterOptions {
  /** The command on the server; `undefined` for none, which takes no session of sshd. */
  readonly command: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Receives every line of stderr. */
  readonly onLine: (line: string) => void;
}

/** @param args of ssh, up to and including the host */
export function startSshMaster(
  args: readonly string[],
  { command, environment, onLine }: SshMasterOptions,
): SshMaster {
  // ssh runs LocalCommand when the login is done and other sessions can use the connection. Nothing else tells that.
  const marker = makeShellMarker();
  const options = ['-M', '-o', 'PermitLocalCommand=yes', '-o', `LocalCommand=${marker.command}`];
  const argv = command === undefined ? [...options, '-N', ...args] : [...options, ...args, command];
  const child = spawn('ssh', argv, { ...OWN_GROUP, env: environment, stdio: 'pipe' });
  const stopKeeper = command === undefined ? keepToThisProcess(child.pid) : () => undefined;

  const stderr = new Tail(60);
  const lines = new LineSplitter((line) => {
    stderr.push(line);
    onLine(line);
  });
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => {
      lines.end();
      stopKeeper();
      resolve(code ?? undefined);
    });
  });
  const loggedIn = new Promise<boolean>((resolve, reject) => {
    const search = new MarkerSearch(marker.pattern);
    child.stdout.on('data', (chunk: Buffer) => {
      if (search.push(chunk) !== undefined) resolve(true);
    });
    child.once('error', (error) => reject(sshStartError('ssh', error)));
    void ended.then(() => resolve(false));
  });
  const kill = () => {
    child.stdin.end();
    child.kill();
  };
  return { stdin: child.stdin, stdout: child.stdout, stderr, loggedIn, ended, kill };
}

/**
 * ssh without a command does not notice that its stdin ends. So a second process notices it, and ends ssh.
 * @returns a function that ends the second process
 */
function keepToThisProcess(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  const keeper = spawn('sh', ['-c', 'cat >/dev/null; kill "$0"', String(pid)], {
    ...OWN_GROUP,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  keeper.on('error', () => undefined);
  keeper.stdin.on('error', () => undefined);
  return () => {
    keeper.kill('SIGKILL');
    keeper.stdin.destroy();
  };
}
