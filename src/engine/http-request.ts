import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { queryString } from '../run/query-string.ts';

/** How the API of an engine is reached. */
export interface Transport {
  readonly agent: http.Agent | https.Agent;
  /** Each one is a session of sshd, which gives few. */
  readonly hasFewConnections?: boolean;
  /** For urgent calls, where the other one has few connections. */
  readonly urgentAgent?: http.Agent;
  /** What a broken connection means, as a sentence for the person who reads the error. */
  readonly explainError: (error: NodeJS.ErrnoException) => string;
  /** Whether a broken call means that the host itself is unreachable, and so every other call has failed too. */
  readonly isHostUnreachable?: (error: NodeJS.ErrnoException) => boolean;
  /** Set where another process holds the connection: milliseconds to wait, after a call broke, for that process to say why. */
  readonly graceAfterDisconnect?: number;
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number };
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** A Buffer is sent unchanged (a tar archive), and a stream as it comes; anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** It must not wait for a connection behind calls that take long. */
  readonly urgent?: boolean;
  /** The version of the API in place of the one that all other calls use: `1.48`. */
  readonly apiVersion?: string | undefined;
  /** Milliseconds for the answer, where the usual ones are too few or too many. */
  readonly limit?: number;
  /** Statuses from 400 on that are not failures. */
  readonly allow?: readonly number[];
  /** Requests a connection in both directions instead of a response. */
  readonly upgrade?: boolean;
}

/** Sends one request. */
export function sendRequest(
  { agent: usualAgent, urgentAgent = usualAgent, address }: Transport,
  method: string,
  path: string,
  { query, body, headers: own, upgrade, urgent }: CallOptions,
): http.ClientRequest {
  const agent = urgent ? urgentAgent : usualAgent;
  const content = body instanceof Readable ? body : encodeBody(body);
  const headers: http.OutgoingHttpHeaders = {
    ...own,
    ...(content === undefined
      ? {}
      : {
          ...(content instanceof Readable ? {} : { 'content-length': content.length }),
          'content-type':
            Buffer.isBuffer(body) || content instanceof Readable ? 'application/x-tar' : 'application/json',
        }),
    ...(upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {}),
  };
  const open = agent instanceof https.Agent ? https.request : http.request;
  const request = open({ ...address, agent, method, path: `${path}${queryString(query)}`, headers });
  // A stream that breaks breaks the request, and the other way round: whoever waits for the answer sees it.
  if (content instanceof Readable) void pipeline(content, request).catch(() => undefined);
  else request.end(content);
  return request;
}

/** So that the next requests make new ones. */
export function dropIdleConnections({ agent, urgentAgent = agent }: Transport): void {
  for (const { freeSockets } of new Set([agent, urgentAgent]))
    for (const socket of Object.values(freeSockets).flat()) socket?.destroy();
}

function encodeBody(body: unknown): Buffer | undefined {
  return body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
}
