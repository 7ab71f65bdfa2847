import type { IncomingMessage } from 'node:http';
import { HostError } from '../model/errors.ts';
import { thisJob } from '../model/place-words.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import type { EngineClient } from './client.ts';
import type { EngineEvent, Filters } from './engine.ts';
import { Fields } from './fields.ts';

const OPERATION = 'listen to its events';

/** See `Engine.events`. */
export async function openEvents(
  client: EngineClient,
  filters: Filters,
  signal: AbortSignal,
  since?: string,
): Promise<AsyncIterable<EngineEvent>> {
  const query = {
    filters: JSON.stringify(filters),
    since: since === undefined ? undefined : unixTime(since),
  };
  return readEvents(client, await client.stream(OPERATION, 'GET', '/events', { query, signal }), signal);
}

/** Seconds with three decimals. `Date.parse` drops further digits, so this is never later than `time`. */
export const unixTime = (time: string): string => (Date.parse(time) / 1000).toFixed(3);

async function* readEvents(
  client: EngineClient,
  response: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  let complete: string[] = [];
  const lines = new LineSplitter((line) => complete.push(line));
  try {
    for await (const chunk of response) {
      lines.push(Buffer.from(chunk));
      const ready = complete;
      complete = [];
      for (const line of ready) if (line.trim() !== '') yield parseEvent(line);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw await client.explainFailure(OPERATION, error);
  }
  if (signal.aborted) return;
  throw new HostError(
    client.host,
    `could not ${OPERATION}: the engine ended the stream. Was it stopped? Run ${thisJob()} again when it runs.`,
  );
}

function parseEvent(line: string): EngineEvent {
  const event = new Fields(JSON.parse(line));
  const actor = event.object('Actor');
  return { action: event.text('Action'), id: actor.text('ID'), attributes: actor.map('Attributes') };
}
