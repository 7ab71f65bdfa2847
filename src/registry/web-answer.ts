import type * as http from 'node:http';
import { formatBytes } from '../model/bytes.ts';
import { formatDuration } from '../model/duration.ts';
import { networkError, SilenceError } from './network-failures.ts';

/** A request to a registry, or to its token server. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer, with its whole body. Any status. */
export interface RegistryAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An answer whose body is read in pieces, because it may not fit into memory. */
export interface StreamedAnswer extends RegistryAnswer {
  /** What is read while it comes, from an answer below status 400, whose `body` is empty. Reading it may end with a RegistryError. */
  readonly content: AsyncIterable<Buffer> | undefined;
}

/** Bytes. Manifests have at most 4 MiB, and the config of an image is not much larger. */
const LONGEST_ANSWER = 32 * 1024 ** 2;

/** Reads the answer to a request that was sent. */
export type Receive<Answer> = (
  sent: http.ClientRequest,
  request: RegistryRequest,
  from: { readonly url: URL; readonly limit: number },
) => Promise<Answer>;

function receiveHead(sent: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    let response: http.IncomingMessage | undefined;
    sent.once('timeout', () => {
      const silence = new SilenceError('no answer came for 30 seconds');
      // By the request alone, whoever reads the body would only hear that it was aborted.
      response?.destroy(silence);
      sent.destroy(silence);
    });
    sent.on('error', reject);
    sent.once('response', (begun) => {
      response = begun;
      resolve(begun);
    });
  });
}

/** Reads all of it. */
export const receiveAnswer: Receive<RegistryAnswer> = async (sent, request, { limit }) =>
  await complete(await receiveHead(sent), request, limit);

/** An answer that refuses is short, and so is one that names another place. */
export const receiveStreamedAnswer: Receive<StreamedAnswer> = async (sent, request, { url, limit }) => {
  const response = await receiveHead(sent);
  const { statusCode: status = 0, headers } = response;
  if (status < 200 || status >= 300)
    return { ...(await complete(response, request, limit)), content: undefined };
  return { status, headers, body: Buffer.alloc(0), content: chunksOf(response, request, url) };
};

async function complete(
  response: http.IncomingMessage,
  { method }: RegistryRequest,
  limit: number,
): Promise<RegistryAnswer> {
  const late = new Error(`its answer to ${method} was not complete after ${formatDuration(limit)}`);
  const timer = setTimeout(() => response.destroy(late), limit);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      const part = Buffer.from(chunk);
      length += part.length;
      chunks.push(part);
      if (length > LONGEST_ANSWER)
        throw new Error(`its answer to ${method} is longer than ${formatBytes(LONGEST_ANSWER)}`);
    }
  } finally {
    clearTimeout(timer);
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(chunks) };
}

async function* chunksOf(
  response: http.IncomingMessage,
  { signal }: RegistryRequest,
  url: URL,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield Buffer.from(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw networkError(error, url);
  }
}
