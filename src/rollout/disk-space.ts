import type { Engine } from '../engine/engine.ts';
import { LABEL } from '../model/app-environment.ts';
import { HostError, messageOf } from '../model/errors.ts';
import type { ImageLayer } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import type { Log } from '../model/log.ts';
import { hasOwnRole } from './compose-labels.ts';

/** Whether the disk of a host has enough space for images to pull. */

interface ImageLayers {
  readonly layers: readonly ImageLayer[];
}

/** The layers of an image by platform, from its registry; `undefined` if that does not say. */
export type LayerLookup = (image: string) => Promise<ReadonlyMap<string, ImageLayers> | undefined>;

interface DiskSpaceContext {
  readonly engine: Engine;
  readonly lookUpLayers: LayerLookup;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly runState?: { readonly edge?: string | undefined };
}

/** Bytes. With so much free space no size is looked up. */
const AMPLE_SPACE = 32 * 1024 ** 3;

/**
 * Compares the size of images with the free space where the engine keeps them. If one of the two is not known, it passes,
 * and the pull shows whether there is enough. The host is asked for its layers only if the disk is short.
 * @throws HostError saying how much space is missing
 */
export async function checkDiskSpace(context: DiskSpaceContext, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  const free = await freeSpace(context);
  if (free === undefined || free >= AMPLE_SPACE) return;
  const most = await sizeOfMissing(context, images, () => Promise.resolve(new Set()));
  if (most === undefined || most <= free) return;
  const needed = await neededSpace(context, images);
  if (needed !== undefined && needed > free) throw shortageError(context, images, needed, free);
}

/** The error for a disk that is full, before a pull or after one. The sizes are in it as far as they are known. */
export async function diskFullError(
  context: DiskSpaceContext,
  images: readonly string[],
  evidence: readonly string[],
): Promise<HostError> {
  const [needed, free] = await Promise.all([neededSpace(context, images), freeSpace(context)]);
  return shortageError(context, images, needed, free, evidence);
}

function shortageError(
  { engine }: DiskSpaceContext,
  images: readonly string[],
  needed: number | undefined,
  free: number | undefined,
  evidence: readonly string[] = [],
): HostError {
  const isMissing = needed !== undefined && free !== undefined && free < needed;
  const missing = isMissing ? `, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing` : '';
  const sizes = needed === undefined ? '' : ` It needs at least ${megabytes(needed)}${missing}.`;
  return new HostError(
    engine.host,
    `there is not enough disk space for ${images.join(', ')}.${sizes} Free some space ("docker system df" shows what uses it) or lower "${inputRef('keep')}".`,
    { evidence },
  );
}

/** `812 MB`, to compare with `df -h`. Rounded up, so that missing space is never 0. */
const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/**
 * Free bytes as the running edge or front sees them: the root of a container is where the engine keeps layers. The engine's
 * API does not report it, and no shell runs on a server, so without such a container it is not known.
 */
function freeSpace(context: DiskSpaceContext): Promise<number | undefined> {
  const { engine, runState, signal } = context;
  return orUnknown(context, 'free space', async () => {
    const container = runState?.edge ?? (await runningCaddy(engine));
    if (container === undefined) return undefined;
    const argv = ['sh', '-c', 'df -Pk /; echo "ended $?"'];
    const { exitCode, stdout } = await engine.exec(container, argv, { exitWords: 'ended', signal });
    return exitCode === 0 ? parseAvailableSpace(stdout) : undefined;
  });
}

async function runningCaddy(engine: Engine): Promise<string | undefined> {
  const containers = await engine.listContainers([LABEL.role]);
  return containers.find((each) => each.state === 'running' && hasOwnRole(each, 'edge', 'front'))?.id;
}

/** Bytes, from `df -Pk` (POSIX): the fourth column of the second line. */
export function parseAvailableSpace(output: string): number | undefined {
  const available = Number(output.trim().split('\n')[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : undefined;
}

/** Bytes of the layers that no image on this host has. */
const neededSpace = (context: DiskSpaceContext, images: readonly string[]): Promise<number | undefined> =>
  sizeOfMissing(context, images, () => existingLayers(context.engine));

/** Bytes of the layers of images, each once, without those that are there. */
function sizeOfMissing(
  context: DiskSpaceContext,
  images: readonly string[],
  findExisting: () => Promise<ReadonlySet<string>>,
): Promise<number | undefined> {
  return orUnknown(context, 'size of the images', async () => {
    const [existing, ...lookups] = await Promise.all([
      findExisting(),
      ...images.map((image) => layersForHost(context, image)),
    ]);
    const missing = new Map<string, number>();
    for (const layers of lookups) {
      if (layers === undefined) return undefined;
      for (const { diffId, size } of layers) if (!existing.has(diffId)) missing.set(diffId, size);
    }
    return [...missing.values()].reduce((sum, size) => sum + size, 0);
  });
}

/** The layers of an image for a host, from its registry; `undefined` if that does not say. */
export async function layersForHost(
  { engine, lookUpLayers }: Pick<DiskSpaceContext, 'engine' | 'lookUpLayers'>,
  image: string,
): Promise<readonly ImageLayer[] | undefined> {
  const [{ os, architecture }, platforms] = await Promise.all([engine.version(), lookUpLayers(image)]);
  return layersForPlatform(platforms, `${os}/${architecture}`);
}

/** `linux/arm64` also means `linux/arm64/v8`. */
const layersForPlatform = (
  platforms: Awaited<ReturnType<LayerLookup>>,
  platform: string,
): readonly ImageLayer[] | undefined =>
  [...(platforms ?? [])].find(([name]) => name === platform || name.startsWith(`${platform}/`))?.[1].layers;

async function existingLayers(engine: Engine): Promise<ReadonlySet<string>> {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}

/** A size that can't be read is not known, and fails nothing. */
async function orUnknown(
  { engine, signal, log }: DiskSpaceContext,
  what: string,
  read: () => Promise<number | undefined>,
): Promise<number | undefined> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`${engine.host}: the ${what} is not known: ${messageOf(error)}`);
    return undefined;
  }
}
