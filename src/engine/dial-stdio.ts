import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Tail } from '../run/tail.ts';
import { openRemoteSession, type SessionCommand } from './remote-session.ts';
import type { SessionSlots } from './session-slots.ts';

/** A local socket on which every connection is one `docker system dial-stdio` on the server. */
export interface DialStdio {
  readonly socketPath: string;
  /** The last lines of what the commands and ssh printed. */
  readonly output: Tail;
  close(): Promise<void>;
}

export interface DialStdioOptions {
  readonly slots: SessionSlots;
  /** The command of a new session. */
  readonly command: () => SessionCommand;
  readonly environment: Readonly<Record<string, string>>;
}

/** A session that has just ended may still count for sshd: it is tried again, so often, after so many milliseconds more each time. */
const REFUSALS = { attempts: 10, pause: 100 };

/**
 * The route to an engine whose socket sshd refuses to forward, or whose socket is not at the usual path. More connections than
 * sessions wait until a session ends.
 */
export async function openDialStdio(
  socketPath: string,
  { slots, command, environment }: DialStdioOptions,
): Promise<DialStdio> {
  const output = new Tail(20);
  const sockets = new Set<Socket>();

  const serve = async (socket: Socket): Promise<void> => {
    for (let attempt = 1; attempt <= REFUSALS.attempts && !socket.destroyed; attempt += 1) {
      const slot = await slots.take();
      try {
        const ssh = slot.connection.sessionArguments;
        const wasServed = await dial(socket, () =>
          openRemoteSession(ssh, command(), environment, (line) => output.push(line)),
        );
        if (wasServed) return;
      } finally {
        slot.release();
      }
      await delay(REFUSALS.pause * attempt);
    }
    socket.destroy();
  };
  // Half-open: a client that has sent everything still waits for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
    void serve(socket).finally(() => sockets.delete(socket));
  });
  server.listen({ path: socketPath });
  await once(server, 'listening');
  return {
    socketPath,
    output,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** @returns `false` if sshd refused the session: then nothing was read from the client */
async function dial(socket: Socket, open: () => ReturnType<typeof openRemoteSession>): Promise<boolean> {
  if (socket.destroyed) return true;
  const session = open();
  const end = () => session.kill();
  socket.once('close', end);
  try {
    switch (await session.outcome) {
      case 'refused':
        return false;
      case 'ended':
        socket.destroy();
        return true;
      case 'ready':
    }
    // Not `pipeline`: it would end both where the command takes no more, and its last words would not arrive.
    socket.pipe(session.input);
    await Promise.all([pipeline(session.output, socket), session.closed]);
    socket.resume();
  } catch {
    // The client sees the broken connection; what the command printed says why.
    session.kill();
    socket.destroy();
    await session.closed;
  } finally {
    socket.off('close', end);
  }
  return true;
}
