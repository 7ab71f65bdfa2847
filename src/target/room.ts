import type { Engine } from '../engine/engine.ts';
import { HostError, messageOf } from '../model/errors.ts';
import { LABEL } from '../model/release.ts';
import type { Work } from './work.ts';

/** Whether a host's disk has room for images that are still to come. */

/** A layer of an image as a registry has it. */
export interface LayerSize {
  /** What engines know it by. */
  readonly diffId: string;
  /** Bytes, compressed: it takes at least as many. */
  readonly size: number;
}

/** The layers of an image by platform, as the registry tells; `undefined` where it does not. */
export type LayersOf = (
  image: string,
) => Promise<ReadonlyMap<string, { readonly layers: readonly LayerSize[] }> | undefined>;

/** Where to look, and whom to ask. */
type RoomWork = Pick<Work, 'engine' | 'layersOf' | 'signal' | 'log'>;

/** With so much free, no question about sizes is worth its time. Bytes. */
const PLENTY = 32 * 1024 ** 3;

/**
 * Compares what images need with what is free where the engine keeps them. Nothing is claimed that is not certain: where
 * either is not known there is room, and the pull itself will tell.
 * @throws HostError saying how much is missing
 */
export async function checkRoom(work: RoomWork, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  const free = await freeSpace(work);
  if (free === undefined || free >= PLENTY) return;
  const needed = await neededSpace(work, images);
  if (needed !== undefined && needed > free) throw noRoom(work, images, { needed, free });
}

/** What is known of a disk that is too small. Bytes. */
export interface Shortage {
  readonly needed: number | undefined;
  readonly free: number | undefined;
}

/** The error that tells it, before a pull or after one that failed. */
export function noRoom(
  work: Pick<Work, 'engine'>,
  images: readonly string[],
  { needed, free }: Shortage,
  evidence: readonly string[] = [],
): HostError {
  const sizes =
    needed === undefined
      ? ''
      : free === undefined || free >= needed
        ? ` It needs at least ${megabytes(needed)}.`
        : ` It needs at least ${megabytes(needed)}, ${megabytes(free)} are free: ${megabytes(needed - free)} are missing.`;
  return new HostError(
    work.engine.host,
    `the disk has no room for ${images.join(', ')}.${sizes} Free some (docker system df shows what holds it) or lower "keep".`,
    { evidence },
  );
}

/** Both figures, as far as they can be had. */
export async function shortage(work: RoomWork, images: readonly string[]): Promise<Shortage> {
  const [needed, free] = await Promise.all([neededSpace(work, images), freeSpace(work)]);
  return { needed, free };
}

/** `812 MB`: a person compares it with `df -h`. Rounded so that what is missing is never nothing. */
const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/**
 * Bytes that are free for images, as the running edge or front sees them: the root of a container lies where the engine
 * keeps layers. The engine's API does not tell, and no shell runs on a server; so before the first one it is not known.
 */
async function freeSpace(work: RoomWork): Promise<number | undefined> {
  const { engine } = work;
  try {
    const inside = (await engine.listContainers([LABEL.role])).find(
      ({ labels, state }) => state === 'running' && ['edge', 'front'].includes(labels[LABEL.role] ?? ''),
    );
    if (inside === undefined) return undefined;
    const { exitCode, stdout } = await engine.exec(inside.id, ['df', '-Pk', '/'], { signal: work.signal });
    return exitCode === 0 ? availableIn(stdout) : undefined;
  } catch (error) {
    return unknown(work, 'free space', error);
  }
}

/** Bytes, from `df -Pk` (POSIX): the fourth column of the second line. */
export function availableIn(printed: string): number | undefined {
  const available = Number(printed.trim().split('\n')[1]?.trim().split(/\s+/)[3]);
  return Number.isFinite(available) ? available * 1024 : undefined;
}

/** Bytes of the layers that no image of this host has yet. */
async function neededSpace(work: RoomWork, images: readonly string[]): Promise<number | undefined> {
  try {
    const [there, { os, architecture }, ...remote] = await Promise.all([
      layersThere(work.engine),
      work.engine.version(),
      ...images.map((image) => work.layersOf(image)),
    ]);
    const missing = new Map<string, number>();
    for (const platforms of remote) {
      const layers = layersFor(platforms, `${os}/${architecture}`);
      if (layers === undefined) return undefined;
      for (const { diffId, size } of layers) if (!there.has(diffId)) missing.set(diffId, size);
    }
    return [...missing.values()].reduce((sum, size) => sum + size, 0);
  } catch (error) {
    return unknown(work, 'size', error);
  }
}

function layersFor(
  platforms: ReadonlyMap<string, { readonly layers: readonly LayerSize[] }> | undefined,
  platform: string,
): readonly LayerSize[] | undefined {
  const found = [...(platforms ?? [])].find(([name]) => name === platform || name.startsWith(`${platform}/`));
  return found?.[1].layers;
}

async function layersThere(engine: Engine): Promise<ReadonlySet<string>> {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => each?.layers ?? []));
}

function unknown(work: RoomWork, what: string, error: unknown): undefined {
  if (work.signal.aborted) throw work.signal.reason;
  work.log.debug(`${work.engine.host}: the ${what} is not known: ${messageOf(error)}`);
}
