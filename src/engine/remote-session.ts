import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Readable, Transform, type Writable } from 'node:stream';
import { plainText } from '../model/plain-text.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { ENGINE_ANSWER, ENGINE_GREETING, MarkerSearch, makeShellMarker } from './marker.ts';
import { OWN_GROUP } from './ssh-process.ts';

/** What runs in a session, and how it shows that it has begun. */
export interface SessionCommand {
  readonly command: string;
  /** What it prints first. */
  readonly marker: RegExp;
  /** What it is sent, to get this answer. */
  readonly greeting?: string;
}

/** A program that a shell starts. */
export function shellCommand(program: string): SessionCommand {
  const { command, pattern } = makeShellMarker();
  return { command: `${command}; exec ${program}`, marker: pattern };
}

export const DIAL_PROGRAM = 'docker system dial-stdio';

/** A connection to the engine by a key that runs nothing else. */
export const DIAL_ALONE: SessionCommand = {
  command: DIAL_PROGRAM,
  marker: ENGINE_ANSWER,
  greeting: ENGINE_GREETING,
};

/** A session of sshd on an open connection. */
export interface RemoteSession {
  /** `ready`: its command runs. `refused`: sshd gives no more sessions on this connection. `ended`: it ended before it was ready. */
  readonly outcome: Promise<'ready' | 'refused' | 'ended'>;
  readonly input: Writable;
  /** What follows the marker. */
  readonly output: Readable;
  readonly closed: Promise<void>;
  kill(): void;
}

/** Milliseconds until a session must be ready, start-up files of the shell included. */
const READY_TIMEOUT = 30_000;

/**
 * @param ssh arguments that make ssh use the open connection, up to and including the host
 * @param onLine receives stderr, and what was printed in place of the marker
 */
export function openRemoteSession(
  ssh: readonly string[],
  { command, marker, greeting }: SessionCommand,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): RemoteSession {
  const child = spawn('ssh', [...ssh, command], { ...OWN_GROUP, env: environment, stdio: 'pipe' });
  let refused = false;
  const lines = new LineSplitter((line) => {
    if (/Session open refused|session request failed/i.test(line)) refused = true;
    onLine(line);
  });
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close').then(
    () => lines.end(),
    (error: Error) => onLine(error.message),
  );
  const search = new MarkerSearch(marker);
  const { promise: outcome, resolve } = Promise.withResolvers<'ready' | 'refused' | 'ended'>();
  const output = new Transform({
    transform: (chunk: Buffer, _, done) => {
      const rest = search.push(chunk);
      if (rest !== undefined) resolve('ready');
      done(null, rest);
    },
  });
  child.stdout.pipe(output);
  if (greeting !== undefined) child.stdin.write(greeting);
  const deadline = setTimeout(() => child.kill(), READY_TIMEOUT);
  void outcome.then(() => clearTimeout(deadline));
  void closed.then(() => {
    for (const line of plainText(search.textBefore).split('\n')) if (line.trim() !== '') onLine(line);
    resolve(refused ? 'refused' : 'ended');
  });
  return { outcome, input: child.stdin, output, closed, kill: () => child.kill() };
}
