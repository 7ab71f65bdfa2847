import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * What is done to a request instead of passing it on: an HTTP status, the connection is cut half-way through it, or nobody ever answers. Or
 * it is passed on, and the answer ends with another byte.
 */
export type Fault = number | 'cut' | 'hang' | 'other';

/** Which requests are hit, and how often. */
export interface Faults {
  readonly fault: Fault;
  /** How many requests are hit; all that come if `undefined`. */
  readonly times?: number;
  /** Matched against `METHOD /path`; pushes if `undefined`. */
  readonly on?: RegExp;
  /** Addresses of the clients that are hit; all if `undefined`. */
  readonly from?: readonly string[];
  /** Seconds from the first hit on in which everybody is hit, as `Retry-After` says. */
  readonly retryAfter?: number;
}

/** A real HTTP proxy in front of a registry, which fails as told: the network's faults, made on purpose. */
export interface FaultyRegistry {
  /** `host:port`, as the registry's own name is written in an image reference. */
  readonly registry: string;
  /** Requests that were hit, as `METHOD /path`. */
  readonly hits: readonly string[];
  /** All requests that came, as `METHOD /path`. */
  readonly seen: readonly string[];
  /** From now on these faults, and none of the earlier ones; of several, the first that matches counts. */
  fail(...faults: readonly (Faults | undefined)[]): void;
  close(): Promise<void>;
}

const PUSH = /^(?:POST|PATCH|PUT) \/v2\//;

/**
 * Starts the proxy.
 *
 * @param upstream the registry, `host:port`, plain HTTP
 * @param address the address to listen on, which the engine must reach and take as an insecure registry
 */
export async function faultyRegistry(upstream: string, address: string): Promise<FaultyRegistry> {
  const hits: string[] = [];
  const seen: string[] = [];
  let active: ActiveFaults[] = [];
  const server = createServer((asked, answer) => {
    const line = `${asked.method} ${asked.url?.split('?', 1)[0]}`;
    seen.push(line);
    const hit = active.find((each) => isHit(each, line, asked));
    if (hit !== undefined) {
      hit.left -= 1;
      hits.push(line);
      if (hit.faults.fault === 'other') passOn(upstream, asked, answer, { change: lastByteChanged() });
      else refuse(hit.faults.fault, secondsLeft(hit), asked, answer);
    } else {
      passOn(upstream, asked, answer);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, address, resolve);
  });
  return {
    registry: `${address}:${portOf(server)}`,
    hits,
    seen,
    fail(...next) {
      active = next
        .filter((faults) => faults !== undefined)
        .map((faults) => ({ faults, left: faults.times ?? Number.POSITIVE_INFINITY, end: undefined }));
      hits.length = 0;
      seen.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function portOf(server: Server): number {
  const address = server.address() as AddressInfo;
  return address.port;
}

interface ActiveFaults {
  readonly faults: Faults;
  left: number;
  /** When `retryAfter` is over, by `performance.now()`. */
  end: number | undefined;
}

function isHit({ faults, left, end }: ActiveFaults, line: string, { socket }: IncomingMessage): boolean {
  const from = socket.remoteAddress?.replace('::ffff:', '') ?? '';
  if (!(faults.on ?? PUSH).test(line) || left <= 0) return false;
  return end === undefined ? (faults.from?.includes(from) ?? true) : performance.now() < end;
}

/** What `Retry-After` says; the time begins with the first hit. */
function secondsLeft(active: ActiveFaults): number | undefined {
  const { retryAfter } = active.faults;
  if (retryAfter === undefined) return undefined;
  active.end ??= performance.now() + retryAfter * 1000;
  return Math.ceil((active.end - performance.now()) / 1000);
}

/** Passes on all bytes but the last one, which becomes another. */
function lastByteChanged(): Transform {
  let held = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const before = held;
      held = Buffer.from(chunk);
      done(undefined, before);
    },
    flush(done) {
      done(undefined, Buffer.from(held.map((byte, at) => (at === held.length - 1 ? byte ^ 1 : byte))));
    },
  });
}

function refuse(
  fault: Exclude<Fault, 'other'>,
  retryAfter: number | undefined,
  asked: IncomingMessage,
  answer: ServerResponse,
): void {
  if (fault === 'cut') {
    const socket: Socket = asked.socket;
    socket.resetAndDestroy();
    return;
  }
  asked.resume();
  if (fault === 'hang') return;
  const [code, message] = SAID[fault] ?? ['UNKNOWN', 'unknown error'];
  const header = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
  answer.writeHead(fault, { 'Content-Type': 'application/json', ...header });
  answer.end(JSON.stringify({ errors: [{ code, message }] }));
}

/** Codes of the distribution specification. */
const SAID: Readonly<Record<number, readonly [string, string]>> = {
  401: ['UNAUTHORIZED', 'authentication required'],
  403: ['DENIED', 'requested access to the resource is denied'],
  404: ['MANIFEST_UNKNOWN', 'manifest unknown'],
  429: ['TOOMANYREQUESTS', 'too many requests'],
  503: ['UNAVAILABLE', 'service unavailable'],
};

/** Host stays as the client wrote it, so that the registry's own `Location` leads back through here. */
export function passOn(
  upstream: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  {
    headers = asked.headers,
    change,
  }: { readonly headers?: OutgoingHttpHeaders; readonly change?: Transform } = {},
): void {
  const [host, port] = upstream.split(':');
  const passed = request({ host, port, method: asked.method, path: asked.url, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    if (change === undefined) response.pipe(answer);
    else response.pipe(change).pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.on('error', () => passed.destroy());
  asked.pipe(passed);
}
