import { connect, createServer, type Socket } from 'node:net';
import { runProgram } from '../../support/run-program.ts';

/** A builder that buildx does not take for the engine's own, as docker/setup-buildx-action makes one. */
export interface Builder {
  /** Of the job, with the builder as the one that is used. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * The BuildKit of an engine, spoken to directly by buildx's driver `remote`. The engine offers it behind an upgraded
 * request (moby, api/server/router/grpc), which is all that is done here.
 *
 * @param environment of the job; DOCKER_HOST is a unix socket
 * @param folder for what buildx remembers
 */
export async function otherBuilder(
  environment: Readonly<Record<string, string>>,
  folder: string,
): Promise<Builder> {
  const socket = (environment['DOCKER_HOST'] || '').replace(/^unix:\/\//, '');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const engine = upgraded(socket, client);
    for (const each of [client, engine]) {
      sockets.add(each);
      each.on('error', () => undefined).on('close', () => sockets.delete(each));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens on no port.');
  const own = { ...environment, BUILDX_CONFIG: folder };
  const create = ['buildx', 'create', '--name', 'other', '--driver', 'remote'];
  await runProgram('docker', [...create, `tcp://127.0.0.1:${address.port}`], { env: own });
  return {
    environment: { ...own, BUILDX_BUILDER: 'other' },
    async close() {
      for (const each of sockets) each.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function upgraded(path: string, client: Socket): Socket {
  const engine = connect(path);
  engine.write('POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    engine.off('data', onData);
    client.write(head.subarray(end + 4));
    engine.pipe(client);
    client.pipe(engine);
  };
  engine.on('data', onData);
  return engine;
}
