import { spawn } from 'node:child_process';
import type { HostAddress } from '../model/host-address.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { Tail } from '../run/tail.ts';
import { sshEnvironment, sshStartError } from './ssh-process.ts';

export type SshAddress = HostAddress & { readonly kind: 'ssh' };

/** One ssh process with a command on the server. */
export interface SshSession {
  /** The last lines of stderr. */
  readonly stderr: Tail;
  /** Whether the remote command runs; `false` when ssh ended before. */
  readonly ready: Promise<boolean>;
  /** The exit code, once all output is read; `undefined` when a signal ended ssh. */
  readonly ended: Promise<number | undefined>;
  kill(): void;
}

/** The remote command: reports that it runs, then lives exactly as long as its stdin, which this process holds. */
const REMOTE_COMMAND = 'echo ready; exec cat >/dev/null';

/** @param onLine receives every line of stderr, and what the server prints before the remote command runs */
export function startSshSession(args: readonly string[], onLine: (line: string) => void): SshSession {
  const child = spawn('ssh', [...args, REMOTE_COMMAND], { env: sshEnvironment(), stdio: 'pipe' });
  const stderr = new Tail(60);
  const keep = (line: string) => {
    stderr.push(line);
    onLine(line);
  };
  const stderrLines = new LineSplitter(keep);
  child.stderr.on('data', (chunk: Buffer) => stderrLines.push(chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | undefined>((resolve) => {
    child.once('close', (code) => {
      stderrLines.end();
      resolve(code ?? undefined);
    });
  });
  const ready = new Promise<boolean>((resolve, reject) => {
    // The start-up files of a shell may print something first.
    const stdout = new LineSplitter((line) => (line === 'ready' ? resolve(true) : keep(line)));
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.once('error', (error) => reject(sshStartError('ssh', error)));
    void ended.then(() => {
      stdout.end();
      resolve(false);
    });
  });
  const kill = () => {
    child.stdin.end();
    child.kill();
  };
  return { stderr, ready, ended, kill };
}

/** ssh's arguments for a host, the last ones before the command. */
export function hostArguments({ user, hostname, port }: SshAddress): readonly string[] {
  const login = user === undefined ? [] : ['-l', user];
  return [...login, ...(port === undefined ? [] : ['-p', String(port)]), '--', hostname];
}
