import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import { noSocketError, type RunningAgent } from './ssh-agent-process.ts';

/** A socket at which ssh may ask an agent that has not started yet. */
export interface AgentSocket {
  /** Whether the agent has its keys, so that nobody waits. */
  readonly answers: boolean;
  close(): void;
}

/**
 * Opens a socket whose connections wait for an agent, and end if it can't be started.
 * @throws ConfigurationError if the runner lets nobody make a socket there
 */
export async function openAgentSocket(path: string, starting: Promise<RunningAgent>): Promise<AgentSocket> {
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
  const opened = {
    answers: false,
    close: () => {
      server.close();
      for (const connection of connections) connection.destroy();
    },
  };
  starting.then(
    () => {
      opened.answers = true;
    },
    () => undefined,
  );
  server.listen(path);
  await once(server, 'listening').catch((error: unknown) => {
    throw noSocketError(error);
  });
  return opened;
}
