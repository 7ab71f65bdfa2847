import type { Engine } from '../engine/engine.ts';
import type { HostName } from '../model/identifiers.ts';
import type { ImageLayer, PinnedImage } from '../model/image.ts';
import { isPinnedImage } from '../model/image.ts';
import type { ImageTransfer } from '../model/image-source.ts';
import type { StepContext } from '../model/step-context.ts';
import { inBackground } from '../run/promises.ts';
import type { DirectTransfer } from '../transfer/direct-transfer.ts';
import type { LocalImage } from '../transfer/local-image.ts';
import type { LayerLookup } from './disk-space.ts';

/** How the images of a release come to hosts that lack them. */
export interface ImageDeliveryOptions {
  readonly kind: ImageTransfer;
  /** Those of which the runner has the bytes. */
  readonly local: ReadonlyMap<PinnedImage, LocalImage>;
  /** The same of images of accessories and of the edge, by the names that they have; left out: none. */
  readonly others?: ReadonlyMap<string, LocalImage> | undefined;
  /** Whether a host may get from another one what its registry does not give. */
  readonly mayCopy: boolean;
}

/** The same while a plan is executed. */
export interface ImageDelivery extends AsyncDisposable {
  readonly kind: ImageTransfer;
  readonly mayCopy: boolean;
  readonly others: ReadonlyMap<string, LocalImage>;
  /** The image, if the runner has its bytes. */
  local(image: PinnedImage): LocalImage | undefined;
  /** What sends images; loaded only if one is to be sent. */
  transfer(): Promise<DirectTransfer>;
  /** Opens in the background what hosts that lack an image need to get it from this runner. Whatever fails comes up again when it is sent. */
  prepare(observations: readonly ObservedImages[]): void;
}

/** The images that were asked for on a host, by name; `undefined` for one that it does not have. */
interface ObservedImages {
  readonly host: { readonly host: HostName };
  readonly images: ReadonlyMap<string, unknown>;
}

export function openImageDelivery(
  { kind, local, others = new Map(), mayCopy }: ImageDeliveryOptions,
  engines: readonly Engine[],
  { folder, log }: Pick<StepContext, 'folder' | 'log'>,
): ImageDelivery {
  let opened: Promise<DirectTransfer> | undefined;
  const open = async (): Promise<DirectTransfer> => {
    const { DirectTransfer } = await import('../transfer/direct-transfer.ts');
    return new DirectTransfer({ images: local, engines, folder, log });
  };
  const transfer = (): Promise<DirectTransfer> => {
    opened ??= open();
    return opened;
  };
  return {
    ...{ kind, mayCopy, others, transfer },
    local: (image) => local.get(image),
    prepare(observations) {
      if (kind !== 'direct') return;
      for (const { host, images } of observations) {
        const engine = engines.find((each) => each.host === host.host);
        const lacksOne = [...local.keys()].some((image) => images.get(image) === undefined);
        if (engine !== undefined && lacksOne)
          void inBackground(transfer().then((direct) => direct.prepare(engine)));
      }
    },
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}

/** Knows the layers of images that are in no registry, too. */
export function withLocalLayers(
  { local: localImage, others }: ImageDelivery,
  lookUp: LayerLookup,
): LayerLookup {
  return (name) => {
    const local = (isPinnedImage(name) ? localImage(name) : undefined) ?? others.get(name);
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
