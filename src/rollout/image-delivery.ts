import type { Engine } from '../engine/engine.ts';
import type { ImageLayer, PinnedImage } from '../model/image.ts';
import { isPinnedImage } from '../model/image.ts';
import type { ImageTransfer } from '../model/image-source.ts';
import type { StepContext } from '../model/step-context.ts';
import { DirectTransfer } from '../transfer/direct-transfer.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import type { LayerLookup } from './disk-space.ts';

/** How the images of a release come to hosts that lack them. */
export interface ImageDeliveryOptions {
  readonly kind: ImageTransfer;
  /** Those of which the runner has the bytes. */
  readonly local: ReadonlyMap<PinnedImage, LocalImage>;
  /** Whether a host may get from another one what its registry does not give. */
  readonly mayCopy: boolean;
}

/** The same while a plan is executed. */
export interface ImageDelivery extends AsyncDisposable {
  readonly kind: ImageTransfer;
  readonly mayCopy: boolean;
  readonly transfer: DirectTransfer;
}

export function openImageDelivery(
  { kind, local, mayCopy }: ImageDeliveryOptions,
  engines: readonly Engine[],
  { folder, log }: Pick<StepContext, 'folder' | 'log'>,
): ImageDelivery {
  const transfer = new DirectTransfer({ images: local, engines, folder, log });
  return { kind, mayCopy, transfer, [Symbol.asyncDispose]: () => transfer[Symbol.asyncDispose]() };
}

/** Knows the layers of images that are in no registry, too. */
export function withLocalLayers({ transfer }: ImageDelivery, lookUp: LayerLookup): LayerLookup {
  return (name) => {
    const local = isPinnedImage(name) ? transfer.local(name) : undefined;
    if (local === undefined) return lookUp(name);
    const platforms = local.image.manifests.map(
      ({ platform, layers, diffIds }) =>
        [
          platform,
          {
            layers: layers.map(
              ({ digest, size }, index): ImageLayer => ({ digest, size, diffId: diffIds[index] ?? '' }),
            ),
          },
        ] as const,
    );
    return Promise.resolve(new Map(platforms));
  };
}
