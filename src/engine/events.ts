import type { IncomingMessage } from 'node:http';
import { HostError } from '../model/errors.ts';
import { LineSplitter } from '../run/line-splitter.ts';
import type { EngineClient } from './client.ts';
import type { EngineEvent } from './engine.ts';
import { Fields } from './fields.ts';

/** Opens the stream of events; it is open when this resolves. Ends when `signal` aborts; throws when it breaks off. */
export async function openEvents(
  client: EngineClient,
  filters: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
  since?: string,
): Promise<AsyncIterable<EngineEvent>> {
  const query = {
    filters: JSON.stringify(filters),
    ...(since === undefined ? {} : { since: unixTime(since) }),
  };
  return readEvents(
    client,
    await client.stream('listen to its events', '/events', { query, signal }),
    signal,
  );
}

/** Seconds, in whole milliseconds and not after the moment: digits beyond these are cut off. */
const unixTime = (moment: string): string => (Date.parse(moment) / 1000).toFixed(3);

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
      for (const line of ready) if (line.trim() !== '') yield eventOf(line);
    }
  } catch (error) {
    if (signal.aborted) return;
    throw await client.explainFailure('listen to its events', error);
  }
  if (signal.aborted) return;
  throw new HostError(
    client.host,
    'could not listen to its events: the engine ended the stream. Was it stopped?',
  );
}

function eventOf(line: string): EngineEvent {
  const event = new Fields(JSON.parse(line));
  const actor = event.object('Actor');
  return {
    type: event.text('Type'),
    action: event.text('Action'),
    id: actor.text('ID'),
    attributes: actor.map('Attributes'),
  };
}
