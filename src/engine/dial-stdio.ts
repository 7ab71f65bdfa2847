import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { LineSplitter } from '../run/line-splitter.ts';
import { sshEnvironment } from './ssh-process.ts';

/** A local socket on which every connection is one `docker system dial-stdio` on the server. */
export interface DialStdio {
  readonly socketPath: string;
  /** What the commands on the server said on stderr, the last lines. */
  readonly stderrLines: readonly string[];
  close(): Promise<void>;
}

/** sshd allows ten sessions on one connection (MaxSessions), and one of them holds the connection open. */
const MAX_SESSIONS = 9;
const KEPT_DIAL_LINES = 10;

/**
 * The way to an engine where sshd refuses to forward its socket, or where it is not at the usual place. Connections beyond
 * the number of sessions wait for one that ends.
 *
 * @param ssh arguments with which ssh takes part in the open connection, up to and including the host
 */
export async function openDialStdio(socketPath: string, ssh: readonly string[]): Promise<DialStdio> {
  const stderrLines: string[] = [];
  const waiting: Socket[] = [];
  const open = new Set<Socket>();

  const next = () => {
    const socket = open.size < MAX_SESSIONS ? waiting.shift() : undefined;
    if (socket === undefined) return;
    if (socket.destroyed) return next();
    open.add(socket);
    void dial(socket, ssh, (line) => {
      stderrLines.push(line);
      if (stderrLines.length > KEPT_DIAL_LINES) stderrLines.shift();
    }).finally(() => {
      open.delete(socket);
      next();
    });
  };
  // Half-open: a caller that has sent all still wants its answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    waiting.push(socket);
    next();
  });
  server.listen({ path: socketPath });
  await once(server, 'listening');
  return {
    socketPath,
    stderrLines,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of [...open, ...waiting]) socket.destroy();
      await closed;
    },
  };
}

async function dial(socket: Socket, ssh: readonly string[], onLine: (line: string) => void): Promise<void> {
  const child = spawn('ssh', [...ssh, 'docker system dial-stdio'], { env: sshEnvironment(), stdio: 'pipe' });
  const lines = new LineSplitter(onLine);
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  const closed = once(child, 'close');
  socket.once('close', () => child.kill());
  try {
    await Promise.all([pipeline(socket, child.stdin), pipeline(child.stdout, socket), closed]);
  } catch {
    // Who called sees the broken connection; why it broke is in what the command said.
    child.kill();
    socket.destroy();
    await closed.catch(() => undefined);
  } finally {
    lines.end();
  }
}
