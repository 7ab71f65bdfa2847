import type { Engine } from '../engine/engine.ts';
import { digestOfContent } from '../oci/descriptor.ts';

/** The layers that the images of a host have, each by what it lies on: engines keep a layer together with all below it. */
export async function chainsOnHost(engine: Engine): Promise<ReadonlySet<string>> {
  const images = await engine.listImages({});
  const details = await Promise.all(images.map(({ id }) => engine.inspectImage(id)));
  return new Set(details.flatMap((each) => chainsOf(each?.layers ?? [])));
}

/** How many of the first layers of an image are on a host. */
export function countKnownLayers(diffIds: readonly string[], known: ReadonlySet<string>): number {
  const missing = chainsOf(diffIds).findIndex((chain) => !known.has(chain));
  return missing < 0 ? diffIds.length : missing;
}

/** What stands for all layers of an image; `''` if it has none. */
export const chainOf = (diffIds: readonly string[]): string => chainsOf(diffIds).at(-1) ?? '';

/** opencontainers/image-spec, config.md, "Layer ChainID". */
function chainsOf(diffIds: readonly string[]): readonly string[] {
  const chains: string[] = [];
  for (const diffId of diffIds) {
    const below = chains.at(-1);
    chains.push(below === undefined ? diffId : digestOfContent(`${below} ${diffId}`));
  }
  return chains;
}
