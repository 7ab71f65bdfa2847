import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';

/** A registry of the distribution specification on this machine, small and in memory. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:40123` */
  readonly host: string;
  /** Requests as `METHOD /path`, with ` as …` where they were authorized. */
  readonly seen: readonly string[];
  /** Parameters of requests for tokens. */
  readonly tokenRequests: readonly Readonly<Record<string, string>>[];
  readonly connections: () => number;
  /** By `repository/digest` or `repository/tag`. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly blobs: Map<string, Buffer>;
  /** Answers in place of the registry, if it wants to. */
  intercept: (request: IncomingMessage) => Intercepted | undefined;
  /** After so many bytes of a blob the connection breaks; `undefined`: it does not. */
  breakOff: (path: string) => number | undefined;
  /** The ranges that were asked for. */
  readonly ranges: readonly string[];
  /** Awaited before a request is answered. */
  delay: (path: string) => Promise<void>;
  /** No token that was given so far is accepted any more. */
  expireTokens(): void;
}

interface Intercepted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface RegistryOptions {
  /** Who may ask. */
  readonly authentication?: 'none' | 'basic' | 'bearer' | 'negotiate';
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /** The name by which tokens are asked for, if it is not the address. */
  readonly name?: string;
}

export const USER = { username: 'me', password: 'p4ss' };
export const digestOfBytes = (bytes: Buffer | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const basicOf = ({ username, password }: typeof USER): string =>
  Buffer.from(`${username}:${password}`).toString('base64');

export async function testRegistry({
  authentication = 'none',
  tls,
  name,
}: RegistryOptions = {}): Promise<TestRegistry> {
  const seen: string[] = [];
  const ranges: string[] = [];
  const tokenRequests: Readonly<Record<string, string>>[] = [];
  let tokens = new Set<string>();
  let connections = 0;
  let given = 0;
  const listener: RequestListener = async (request, response) => {
    const { method = '', url = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const authorization = headers.authorization ?? '';
    const who = authorization.startsWith('Basic ')
      ? Buffer.from(authorization.slice(6), 'base64').toString().split(':')[0]
      : authorization.slice(7);
    seen.push(`${method} ${pathname}${who ? ` as ${who}` : ''}`);
    const answer = (status: number, text: Buffer | string = '', more: Record<string, string> = {}) =>
      response.writeHead(status, more).end(text);
    await registry.delay(pathname);
    const intercepted = registry.intercept(request);
    if (intercepted !== undefined)
      return answer(intercepted.status, intercepted.body ?? '', { ...intercepted.headers });
    const isUser = authorization === `Basic ${basicOf(USER)}`;
    if (pathname === '/token') {
      const parameters = Object.fromEntries(
        method === 'POST' ? new URLSearchParams(body.toString()) : searchParams,
      );
      tokenRequests.push(parameters);
      if (authorization !== '' && !isUser) return answer(401, '{"errors":[{"code":"UNAUTHORIZED"}]}');
      given += 1;
      tokens.add(`token-${given}`);
      return answer(200, JSON.stringify({ token: `token-${given}`, expires_in: 300 }));
    }
    const origin = `${tls ? 'https' : 'http'}://${name ?? registry.host}`;
    const scheme = {
      none: '',
      basic: 'Basic realm="r"',
      bearer: `Bearer realm="${origin}/token",service="registry",scope="repository:user/image:pull"`,
      negotiate: 'Negotiate',
    }[authentication];
    const isAllowed =
      authentication === 'none' ||
      (authentication === 'basic' && isUser) ||
      (authentication === 'bearer' && tokens.has(authorization.slice(7)));
    if (!isAllowed)
      return answer(
        401,
        '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
        // The entrance names no repository, as at ghcr.io; a repository names itself.
        { 'www-authenticate': pathname === '/v2/' ? scheme : scheme.replace(/,scope=".*"/, '') },
      );
    if (pathname === '/v2/') return answer(200, '{}');
    const { repository, kind, reference } =
      /^\/v2\/(?<repository>.+)\/(?<kind>manifests|blobs)\/(?<reference>[^/]+)$/.exec(pathname)?.groups ?? {};
    const key = `${repository}/${reference}`;
    if (kind === 'manifests' && method === 'PUT') {
      registry.manifests.set(key, { type: headers['content-type'] ?? '', bytes: body });
      return answer(201);
    }
    const manifest = kind === 'manifests' ? registry.manifests.get(key) : undefined;
    if (manifest !== undefined)
      return answer(200, manifest.bytes, {
        'content-type': manifest.type,
        'docker-content-digest': digestOfBytes(manifest.bytes),
      });
    const blob = kind === 'blobs' ? registry.blobs.get(key) : undefined;
    if (blob !== undefined) {
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      if (headers.range !== undefined) ranges.push(headers.range);
      const limit = registry.breakOff(pathname);
      if (limit === undefined || limit >= blob.length)
        return answer(from > 0 ? 206 : 200, blob.subarray(from));
      response.writeHead(200, { 'content-length': String(blob.length) });
      response.write(blob.subarray(0, limit), () => setImmediate(() => response.destroy()));
      return response;
    }
    return answer(404, '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  };
  const server: Server | https.Server =
    tls === undefined ? createServer(listener) : https.createServer(tls, listener);
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const registry: TestRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ seen, tokenRequests, connections: () => connections },
    manifests: new Map(),
    blobs: new Map(),
    intercept: () => undefined,
    breakOff: () => undefined,
    ranges,
    delay: () => Promise.resolve(),
    expireTokens() {
      tokens = new Set();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return registry;
}

/** Puts an image for some platforms into a registry, as an index if there are several. */
export function pushImage(
  { manifests, blobs }: TestRegistry,
  repository: string,
  tag: string,
  platforms: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): string {
  const put = (data: object, type: string, ...names: readonly string[]): string => {
    const bytes = Buffer.from(JSON.stringify(data, undefined, 2));
    const digest = digestOfBytes(bytes);
    for (const name of [digest, ...names]) manifests.set(`${repository}/${name}`, { type, bytes });
    return digest;
  };
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const own = platforms.map((platform) => {
    const [os, architecture, variant] = platform.split('/');
    const config = Buffer.from(
      JSON.stringify({
        ...{ os, architecture, ...(variant && { variant }), config: { Labels: labels } },
        rootfs: { diff_ids: [`sha256:${'d'.repeat(64)}`] },
      }),
    );
    blobs.set(`${repository}/${digestOfBytes(config)}`, config);
    const manifest = {
      ...{ schemaVersion: 2, mediaType: manifestType, config: { digest: digestOfBytes(config) } },
      layers: [{ digest: `sha256:${'a'.repeat(64)}`, size: 1234 }],
    };
    const isOnly = platforms.length === 1;
    return {
      digest: put(manifest, manifestType, ...(isOnly ? [tag] : [])),
      platform: { os, architecture, ...(variant && { variant }) },
    };
  });
  if (own.length === 1) return own[0]?.digest ?? '';
  const type = 'application/vnd.oci.image.index.v1+json';
  const attestation = {
    digest: digestOfBytes('attestation'),
    platform: { os: 'unknown', architecture: 'unknown' },
  };
  return put({ schemaVersion: 2, mediaType: type, manifests: [...own, attestation] }, type, tag);
}
