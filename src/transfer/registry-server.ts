import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Digest, isDigest } from '../model/image.ts';
import { asText } from '../model/json.ts';
import { type ByteRange, type OciLayout, readBlob } from '../oci/layout.ts';

/** Who may read, and what was sent to him. */
export interface ServerAccount {
  readonly username: string;
  readonly password: string;
  /** Bytes of manifests and blobs that were sent so far. */
  readonly sent: number;
  /** Whether somebody has come with the password. */
  readonly wasUsed: boolean;
}

interface Account {
  username: string;
  password: string;
  sent: number;
  wasUsed: boolean;
}

const BLOB = /^\/v2\/[a-z0-9][a-z0-9._/-]*\/(?<kind>manifests|blobs)\/(?<digest>[a-z0-9]+:[0-9a-f]+)$/;

/**
 * A read-only registry in this process: the part of opencontainers/distribution-spec that a pull by digest needs. It listens on
 * the loopback alone, and each reader needs a password of this run. It has the blobs of its layouts and nothing else.
 */
export class RegistryServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #accounts: Account[] = [];
  readonly #layouts: OciLayout[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<RegistryServer> {
    const registry = new RegistryServer();
    registry.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(registry.#server, 'listening');
    return registry;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on its blobs can be read. */
  add(layout: OciLayout): void {
    if (!this.#layouts.includes(layout)) this.#layouts.push(layout);
  }

  /** A reader of his own, so that it is known what was sent to him. */
  addAccount(): ServerAccount {
    const account = {
      username: `reader-${this.#accounts.length + 1}`,
      password: randomBytes(24).toString('hex'),
      ...{ sent: 0, wasUsed: false },
    };
    this.#accounts.push(account);
    return account;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const account = this.#accountFor(headers.authorization);
    if (account === undefined) {
      const challenge = { 'www-authenticate': 'Basic realm="sealift"' };
      return refuse(response, 401, 'UNAUTHORIZED', challenge);
    }
    account.wasUsed = true;
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(response, 405, 'UNSUPPORTED', { allow: 'GET, HEAD' });
    const path = url.replace(/\?.*$/s, '');
    if (path === '/v2' || path === '/v2/') {
      response.end('{}');
      return;
    }
    const { kind, digest = '' } = BLOB.exec(path)?.groups ?? {};
    const layout = isDigest(digest) ? await this.#layoutWith(digest) : undefined;
    if (layout === undefined || !isDigest(digest)) return refuse(response, 404, 'BLOB_UNKNOWN');
    if (kind === 'manifests') await sendManifest(response, layout, digest, method === 'HEAD', account);
    else await sendBlob(response, layout, digest, { head: method === 'HEAD', range: headers.range }, account);
  }

  #accountFor(authorization = ''): Account | undefined {
    const encoded = /^Basic (?<encoded>\S+)$/i.exec(authorization)?.groups?.['encoded'] ?? '';
    const given = Buffer.from(encoded, 'base64');
    return this.#accounts.find(({ username, password }) => {
      const expected = Buffer.from(`${username}:${password}`);
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }

  async #layoutWith(digest: Digest): Promise<OciLayout | undefined> {
    for (const layout of this.#layouts) if ((await layout.size(digest)) !== undefined) return layout;
    return undefined;
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ errors: [{ code }] }));
}

async function sendManifest(
  response: ServerResponse,
  layout: OciLayout,
  digest: Digest,
  head: boolean,
  account: Account,
): Promise<void> {
  const content = await readBlob(layout, digest);
  const mediaType = asText(JSON.parse(content.toString()).mediaType) ?? 'application/octet-stream';
  response.writeHead(200, {
    'content-type': mediaType,
    'content-length': content.length,
    'docker-content-digest': digest,
  });
  if (!head) account.sent += content.length;
  response.end(head ? undefined : content);
}

async function sendBlob(
  response: ServerResponse,
  layout: OciLayout,
  digest: Digest,
  { head, range }: { readonly head: boolean; readonly range: string | undefined },
  account: Account,
): Promise<void> {
  const size = (await layout.size(digest)) ?? 0;
  const part = range === undefined ? undefined : rangeIn(range, size);
  if (part === 'outside')
    return refuse(response, 416, 'SIZE_INVALID', { 'content-range': `bytes */${size}` });
  response.writeHead(part === undefined ? 200 : 206, {
    'content-type': 'application/octet-stream',
    'content-length': part === undefined ? size : part.end - part.start + 1,
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    ...(part && { 'content-range': `bytes ${part.start}-${part.end}/${size}` }),
  });
  if (head) {
    response.end();
    return;
  }
  const count = new Transform({
    transform(chunk: Buffer, _, done) {
      account.sent += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(await layout.open(digest, part), count, response);
}

/** One range of RFC 9110, 14.1.2. Whatever else stands there is no range, and gets everything. */
function rangeIn(range: string, size: number): ByteRange | 'outside' | undefined {
  const { first = '', last = '' } = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec(range)?.groups ?? {};
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const start = Math.max(0, size - Number(last));
    return start < size ? { start, end: size - 1 } : 'outside';
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start <= end ? { start, end } : 'outside';
}
