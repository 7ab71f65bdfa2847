import type { Engine } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { LABEL } from '../model/release.ts';
import type { HostContext } from './host-context.ts';

/** Whether a host's disk has room for images that are still to come. */

/** A layer of an image as a registry has it. */
export interface LayerSize {
  /** What engines know it by. */
  readonly diffId: string;
  /** Bytes, compressed: it takes at least as many. */
  readonly size: number;
}

/** The layers of an image by platform, as the registry tells; `undefined` where it does not. */
export type LayerLookup = (
  image: string,
) => Promise<ReadonlyMap<string, { readonly layers: readonly LayerSize[] }> | undefined>;

/** Where to look, and whom to ask. */
type DiskSpaceContext = Pick<HostContext, 'engine' | 'lookUpLayers' | 'signal' | 'log'>;

/** With so much free, no question about sizes is worth its time. Bytes. */
const AMPLE_SPACE = 32 * 1024 ** 3;

/**
 * Compares what images need with what is free where the engine keeps them. Nothing is claimed that is not certain: where
 * either is not known there is room, and the pull itself will tell.
 * @throws HostError saying how much is missing
 */
export async function checkDiskSpace(context: DiskSpaceContext, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  const free = await freeSpace(context);
  if (free === undefined || free >= AMPLE_SPACE) return;
  const needed = await neededSpace(context, images);
  if (needed !== undefined && needed > free) throw diskFullError(context, images, { needed, free });
}

/** What is known of a disk that is too small. Bytes. */
export interface DiskShortage {
  readonly needed: number | undefined;
  readonly free: number | undefined;
}

/** The error that tells it, before a pull or after one that failed. */
export function diskFullError(
  context: Pick<HostContext, 'engine'>,
  images: readonly string[],
  { needed, free }: DiskShortage,
  evidence: readonly string[] = [],
): HostError {
  const sizes =
    needed === undefined
      ? ''
      : free === undefined || free >= needed
        ? ` It needs at least ${megabytes(needed)}.`
        : ` It needs at least ${megabytes(needed)}, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing.`;
  return new HostError(
    context.engine.host,
    `the disk has no room for ${images.join(', ')}.${sizes} Free some (docker system df shows what holds it) or lower "keep".`,
    { evidence },
  );
}

/** Both figures, as far as they can be had. */
export async function measureShortage(
  context: DiskSpaceContext,
  images: readonly string[],
): Promise<DiskShortage> {
  const [needed, free] = await Promise.all([neededSpace(context, images), freeSpace(context)]);
  return { needed, free };
}

/** `812 MB`: a person compares it with `df -h`. Rounded so that what is missing is never nothing. */
const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/**
 * Bytes that are free for images, as the running edge or front sees them: the root of a container lies where the engine
 * keeps layers. The engine's API does not tell, and no shell runs on a server; so before the first one it is not known.
 */
async function freeSpace(context: DiskSpaceContext): Promise<number | undefined> {
  const { engine } = context;
  try {
    const container = (await engine.listContainers([LABEL.role])).find(
      ({ labels, state }) => state === 'running' && ['edge', 'front'].includes(labels[LABEL.role] ?? ''),
    );
    if (container === undefined) return undefined;
    const { exitCode, stdout } = await engine.exec(container.id, ['df', '-Pk', '/'], {
      signal: context.signal,
    });
    return exitCode === 0 ? parseAvailableSpace(stdout) : undefined;
  } catch (error) {
    return logUnknown(context, 'free space', error);
  }
}

/** Bytes, from `df -Pk` (POSIX): the fourth column of the second line. */
export function parseAvailableSpace(printed: string): number | undefined {
  const available = Number(printed.trim().split('\n')[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : undefined;
}

/** Bytes of the layers that no image of this host has yet. */
async function neededSpace(
  context: DiskSpaceContext,
  images: readonly string[],
): Promise<number | undefined> {
  try {
    const [existing, { os, architecture }, ...remote] = await Promise.all([
      existingLayers(context.engine),
      context.engine.version(),
      ...images.map((image) => context.lookUpLayers(image)),
    ]);
    const missing = new Map<string, number>();
    for (const platforms of remote) {
      const layers = layersForPlatform(platforms, `${os}/${architecture}`);
      if (layers === undefined) return undefined;
      for (const { diffId, size } of layers) if (!existing.has(diffId)) missing.set(diffId, size);
    }
    return [...missing.values()].reduce((sum, size) => sum + size, 0);
  } catch (error) {
    return logUnknown(context, 'size', error);
  }
}

function layersForPlatform(
  platforms: ReadonlyMap<string, { readonly layers: readonly LayerSize[] }> | undefined,
  platform: string,
): readonly LayerSize[] | undefined {
  const found = [...(platforms ?? [])].find(([name]) => name === platform || name.startsWith(`${platform}/`));
  return found?.[1].layers;
}

async function existingLayers(engine: Engine): Promise<ReadonlySet<string>> {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}

function logUnknown(context: DiskSpaceContext, what: string, error: unknown): undefined {
  if (context.signal.aborted) throw context.signal.reason;
  context.log.debug(`${context.engine.host}: the ${what} is not known: ${messageOf(error)}`);
}
