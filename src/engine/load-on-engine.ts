import { type Readable, Transform } from 'node:stream';
import { formatDuration } from '../model/duration.ts';
import { HostError } from '../model/errors.ts';
import { thisJob } from '../model/place-words.ts';
import { anySignal } from '../run/signals.ts';
import { isOlderVersion } from './api-version.ts';
import type { EngineClient } from './client.ts';
import type { EngineVersion, LoadOptions } from './engine.ts';
import { engineError } from './errors.ts';
import { Fields } from './fields.ts';
import { imagePath } from './paths.ts';
import { parseLine, readLines } from './pull-on-engine.ts';

/** Of Engine 28: it takes the platform of an archive, and tells which manifests of an image it has. */
const PLATFORM_API = '1.48';

/** Milliseconds in which the engine takes no byte of the archive, or says nothing after the last one. */
const LOAD_SILENCE_LIMIT = 10 * 60_000;
/** Milliseconds for all of it. How long it may stand still is limited above. */
const LOAD_LIMIT = 24 * 60 * 60_000;

/**
 * See `Engine.loadImage`.
 * @param silenceLimit replaced in tests
 */
export async function loadOnEngine(
  client: EngineClient,
  { apiVersion }: Pick<EngineVersion, 'apiVersion'>,
  archive: Readable,
  { platform, signal }: LoadOptions,
  silenceLimit = LOAD_SILENCE_LIMIT,
): Promise<void> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(), silenceLimit);
  const watched = archive.pipe(
    new Transform({
      transform(chunk: Buffer, _, done) {
        timer.refresh();
        done(null, chunk);
      },
    }),
  );
  let broken: unknown;
  archive.once('error', (error) => {
    broken = error;
    watched.destroy(error);
  });
  try {
    await load(client, watched, {
      newApi: !isOlderVersion(apiVersion, PLATFORM_API),
      platform,
      signal: anySignal(signal, stalled.signal),
    });
  } catch (error) {
    if (broken !== undefined) throw broken;
    if (!stalled.signal.aborted || signal?.aborted) throw error;
    throw new HostError(
      client.host,
      `could not load an image: nothing has happened for ${formatDuration(silenceLimit)}. Look at "journalctl -u docker" on the host, and run ${thisJob()} again.`,
    );
  } finally {
    clearTimeout(timer);
    archive.destroy();
  }
}

async function load(
  client: EngineClient,
  body: Readable,
  { newApi, platform, signal }: LoadOptions & { readonly newApi: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const operation = 'load an image';
  const response = await client.stream(operation, 'POST', '/images/load', {
    query: { quiet: '1', platform: newApi ? platformParameter(platform) : undefined },
    apiVersion: newApi ? PLATFORM_API : undefined,
    ...{ body, signal, limit: LOAD_LIMIT },
  });
  let refused: string | undefined;
  // Whatever fails, the status is 200: only a line says it (seen with Engine 28.5).
  await readLines(client, operation, response, signal, (line) => {
    const fields = new Fields(parseLine(line));
    const said = fields.text('error') || fields.text('message');
    const printed = /^Error .+/m.exec(fields.text('stream'))?.[0];
    refused ??= said || printed;
  });
  if (refused !== undefined) throw engineError(client.host, operation, refused);
}

/** As the API wants it: OCI's own object. */
function platformParameter(platform: string): string {
  const [os, architecture, variant] = platform.split('/');
  return JSON.stringify({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** See `Engine.isImageComplete`. */
export async function isCompleteOnEngine(
  client: EngineClient,
  { apiVersion }: Pick<EngineVersion, 'apiVersion'>,
  reference: string,
): Promise<boolean> {
  const newApi = !isOlderVersion(apiVersion, PLATFORM_API);
  const { status, body } = await client.call(
    `inspect image ${reference}`,
    'GET',
    `${imagePath(reference)}/json`,
    { allow: [404], ...(newApi ? { apiVersion: PLATFORM_API, query: { manifests: '1' } } : {}) },
  );
  if (status === 404) return false;
  // The classic store tells of none, and has no image without its layers.
  const manifests = new Fields(parseLine(body.toString()))
    .objects('Manifests')
    .filter((manifest) => manifest.text('Kind') === 'image');
  return manifests.length === 0 || manifests.some((manifest) => manifest.flag('Available'));
}
