import type { IncomingMessage } from 'node:http';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import { parseImageReference } from '../model/image.ts';
import { thisJob } from '../model/place-words.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import { anySignal } from '../run/signals.ts';
import type { EngineClient } from './client.ts';
import type { PullOptions } from './engine.ts';
import { PullRefused, PullStalled } from './errors.ts';
import { Fields } from './fields.ts';

/** Every status with which the engine says that it could not pull. */
const REFUSAL_STATUSES = Array.from({ length: 200 }, (_, index) => 400 + index);

/** Milliseconds without a word of the engine, which tells of every layer how much of it is there. */
const PULL_SILENCE_LIMIT = 10 * 60_000;

/**
 * See `Engine.pullImage`.
 * @param silenceLimit replaced in tests
 * @throws PullStalled when the registry sends nothing more
 */
export async function pullOnEngine(
  client: EngineClient,
  reference: string,
  options: PullOptions,
  silenceLimit = PULL_SILENCE_LIMIT,
): Promise<void> {
  const { signal, onProgress } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), silenceLimit);
  try {
    await pull(client, reference, {
      ...options,
      signal: anySignal(signal, stalled.signal),
      onProgress(layer) {
        timer.refresh();
        onProgress?.(layer);
      },
    });
  } catch (error) {
    if (!stalled.signal.aborted || signal?.aborted) throw error;
    throw new PullStalled(
      client.host,
      `could not pull ${reference}: the engine has said nothing of it for ${formatDuration(silenceLimit)}. Does its registry answer the server? Try "docker pull" there.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

async function pull(
  client: EngineClient,
  reference: string,
  { platform, login, signal, onProgress = () => undefined }: PullOptions,
): Promise<void> {
  const { repository, tag = 'latest', digest } = parseImageReference(reference, 'image');
  const operation = `pull ${reference}`;
  const response = await client.stream(operation, 'POST', '/images/create', {
    query: { fromImage: repository, tag: digest ?? tag, platform },
    ...(login && {
      headers: { 'x-registry-auth': paddedBase64Url(JSON.stringify(login)) },
    }),
    signal,
    // How long it may be silent is limited above.
    limit: 2 * PULL_SILENCE_LIMIT,
    allow: REFUSAL_STATUSES,
  });
  let refused: string | undefined;
  await readLines(client, operation, response, signal, (line) => {
    const fields = new Fields(parseLine(line));
    // After the first byte, the engine reports a failure as a line. A refusal with a status of 400 and above has the same form.
    const error = fields.text('error') || fields.text('message');
    if (error !== '') refused = error;
    const id = fields.text('id');
    if (id !== '')
      onProgress({
        id,
        state: fields.text('status'),
        bytes: fields.object('progressDetail').number('current'),
      });
  });
  if (refused === undefined && (response.statusCode ?? 0) < 400) return;
  throw new PullRefused(
    client.host,
    operation,
    refused ?? `the engine answered with status ${response.statusCode}`,
  );
}

/** As Go reads it: RFC 4648 with its padding, which Node's own leaves out. */
const paddedBase64Url = (text: string): string =>
  Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

/** Reads the lines with which the engine tells how a long call goes on. */
export async function readLines(
  client: EngineClient,
  operation: string,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
  onLine: (line: string) => void,
): Promise<void> {
  const lines = new LineSplitter((line) => {
    if (line.trim() !== '') onLine(line);
  });
  try {
    for await (const chunk of response) lines.push(Buffer.from(chunk));
  } catch (error) {
    signal?.throwIfAborted();
    throw await client.explainFailure(operation, error);
  }
  signal?.throwIfAborted();
  lines.end();
  if (!response.complete)
    throw new HostError(
      client.host,
      `could not ${operation}: the engine ended its answer too early. Was it stopped? Run ${thisJob()} again when it runs.`,
    );
}

/** A line that is no JSON is the answer of something in between. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return { message: line };
  }
}
