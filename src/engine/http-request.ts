import * as http from 'node:http';
import * as https from 'node:https';

/** How an engine's API is reached. */
export interface Transport {
  readonly agent: http.Agent | https.Agent;
  /** Says in words what a broken connection means; what was asked is put before it. */
  readonly explainError: (error: NodeJS.ErrnoException) => string;
  /** Whether a broken call means that the host itself is gone, and with it everything under way. */
  readonly isHostUnreachable?: (error: NodeJS.ErrnoException) => boolean;
  /** Set where another process keeps the connection: milliseconds after a broken call in which it may tell why. */
  readonly graceAfterDisconnect?: number;
  readonly address: { readonly socketPath: string } | { readonly host: string; readonly port: number };
}

/** What a call has beside its method and path. */
export interface CallOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON, or as it is (an archive) when it is a Buffer. */
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Statuses from 400 on that are answers, not failures. */
  readonly allow?: readonly number[];
}

/** Sends one request. @param upgrade asks for a plain connection in both directions instead of an answer. */
export function sendRequest(
  { agent, address: target }: Transport,
  method: string,
  path: string,
  { query, body }: CallOptions,
  upgrade: boolean,
): http.ClientRequest {
  const content = contentOf(body);
  const headers: http.OutgoingHttpHeaders = {
    ...(content === undefined ? {} : { 'content-length': content.length }),
    ...(content === undefined
      ? {}
      : { 'content-type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' }),
    ...(upgrade ? { connection: 'Upgrade', upgrade: 'tcp' } : {}),
  };
  const open = agent instanceof https.Agent ? https.request : http.request;
  const request = open({ ...target, agent, method, path: `${path}${queryString(query)}`, headers });
  request.end(content);
  return request;
}

function contentOf(body: unknown): Buffer | undefined {
  if (Buffer.isBuffer(body)) return body;
  return body === undefined ? undefined : Buffer.from(JSON.stringify(body));
}

function queryString(query: CallOptions['query'] = {}): string {
  const parameters = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return parameters.length === 0 ? '' : `?${new URLSearchParams(parameters)}`;
}
