import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy as companies have one: it fetches http, opens connections for https, and reaches hosts that nobody else knows. */
export interface WebProxy extends AsyncDisposable {
  /** For `http_proxy` and `https_proxy`, with its password. */
  readonly url: string;
  /** What it was asked, as `GET http://…` or `CONNECT host:port`. */
  readonly asked: readonly string[];
  /** The password that each request brought. */
  readonly credentials: ReadonlySet<string>;
}

/**
 * @param hosts where each host really is, as `address` or `address:port`
 * @param refuse a status with which it refuses everything
 */
export async function webProxy(
  hosts: Readonly<Record<string, string>>,
  { refuse }: { readonly refuse?: number } = {},
): Promise<WebProxy> {
  const asked: string[] = [];
  const credentials = new Set<string>();
  const record = ({ method, url, headers }: IncomingMessage): void => {
    asked.push(`${method} ${url}`);
    const [, sent = ''] = (headers['proxy-authorization'] ?? '').split(' ');
    credentials.add(Buffer.from(sent, 'base64').toString());
  };
  const placeOf = (hostname: string, port: string): { readonly host: string; readonly port: string } => {
    const [host = '', other = port] = (hosts[hostname] ?? '0.0.0.0').split(':');
    return { host, port: other };
  };
  const sockets = new Set<Socket>();
  const server = createServer((question, answer) => {
    record(question);
    const url = URL.parse(question.url ?? '');
    if (refuse !== undefined || url === null) {
      answer.writeHead(refuse ?? 400).end('the proxy says no');
      return;
    }
    const { 'proxy-authorization': _, ...headers } = question.headers;
    const path = `${url.pathname}${url.search}`;
    const place = placeOf(url.hostname, url.port || '80');
    const passed = request({ ...place, path, method: question.method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.writeHead(502).end());
    question.pipe(passed);
  });
  server.on('connect', (question: IncomingMessage, client: Socket) => {
    record(question);
    if (refuse !== undefined) {
      client.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
      return;
    }
    const [, hostname = '', port = ''] = /^(.*):(\d+)$/.exec(question.url ?? '') ?? [];
    const place = placeOf(hostname, port);
    const there = connect(Number(place.port), place.host, () =>
      client.write('HTTP/1.1 200 Connected\r\n\r\n'),
    );
    for (const socket of [client, there]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(there).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://me:p%40ss@127.0.0.1:${port}`,
    asked,
    credentials,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
