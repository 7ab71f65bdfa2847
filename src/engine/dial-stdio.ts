import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { LineSplitter } from '../run/line-splitter.ts';
import { Tail } from '../run/tail.ts';
import { sshEnvironment } from './ssh-process.ts';

/** A local socket on which every connection is one `docker system dial-stdio` on the server. */
export interface DialStdio {
  readonly socketPath: string;
  /** The last lines of the commands' stderr. */
  readonly stderr: Tail;
  close(): Promise<void>;
}

/** sshd allows ten sessions on one connection (MaxSessions), and one of them keeps the connection open. */
const MAX_SESSIONS = 9;

/**
 * The route to an engine whose socket sshd refuses to forward, or whose socket is not at the usual path. More connections than
 * sessions wait until a session ends.
 *
 * @param ssh arguments that make ssh use the open connection, up to and including the host
 */
export async function openDialStdio(socketPath: string, ssh: readonly string[]): Promise<DialStdio> {
  const stderr = new Tail(10);
  const waiting: Socket[] = [];
  const open = new Set<Socket>();

  const next = () => {
    const socket = open.size < MAX_SESSIONS ? waiting.shift() : undefined;
    if (socket === undefined) return;
    if (socket.destroyed) return next();
    open.add(socket);
    void dial(socket, ssh, stderr).finally(() => {
      open.delete(socket);
      next();
    });
  };
  // Half-open: a client that has sent everything still waits for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    waiting.push(socket);
    next();
  });
  server.listen({ path: socketPath });
  await once(server, 'listening');
  return {
    socketPath,
    stderr,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of [...open, ...waiting]) socket.destroy();
      await closed;
    },
  };
}

async function dial(socket: Socket, ssh: readonly string[], stderr: Tail): Promise<void> {
  const child = spawn('ssh', [...ssh, 'docker system dial-stdio'], { env: sshEnvironment(), stdio: 'pipe' });
  const lines = new LineSplitter((line) => stderr.push(line));
  child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
  const closed = once(child, 'close');
  socket.once('close', () => child.kill());
  try {
    await Promise.all([pipeline(socket, child.stdin), pipeline(child.stdout, socket), closed]);
  } catch {
    // The client sees the broken connection; the command's stderr says why.
    child.kill();
    socket.destroy();
    await closed.catch(() => undefined);
  } finally {
    lines.end();
  }
}
