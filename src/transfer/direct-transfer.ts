import { Transform } from 'node:stream';
import type { Engine, ImageDetails, LayerProgress, WayBack } from '../engine/engine.ts';
import { PullRefused } from '../engine/errors.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { digestOf, type PinnedImage, repositoryOf } from '../model/image.ts';
import { inputRef, inputSetting } from '../model/input-ref.ts';
import type { Log } from '../model/log.ts';
import { isRegistry } from '../model/registry.ts';
import type { LayoutManifest } from '../oci/layout-image.ts';
import { type FoundImage, findSentImage } from './found-image.ts';
import { HostCopies } from './host-copies.ts';
import { imageArchive } from './image-archive.ts';
import { chainsOnHost, countKnownLayers } from './known-layers.ts';
import { digestTagName, digestTagOf, type LocalImage, manifestFor } from './local-image.ts';
import { RegistryServer } from './registry-server.ts';

/** How an image came to a host: its engine pulled it from this process, or loaded the missing layers, or all of it. */
export type TransferWay = 'pulled' | 'missing layers loaded' | 'all layers loaded';

/** An image that was sent to a host. */
export interface SentImage {
  /** The name by which the host knows it now. */
  readonly name: string;
  readonly details: ImageDetails;
  readonly way: TransferWay;
  /** Bytes that were sent. */
  readonly bytes: number;
}

export interface SendOptions {
  /** Of the host, or what `platform:` says: `linux/arm64`. */
  readonly platform: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LayerProgress) => void;
}

interface DirectTransferOptions {
  /** Images of which the runner has the bytes. */
  readonly images: ReadonlyMap<PinnedImage, LocalImage>;
  /** The hosts, of which one may have what another lacks. */
  readonly engines: readonly Engine[];
  /** The private folder of the step. */
  readonly folder: string;
  readonly log: Log;
}

/** Brings images to hosts from this process, without a registry between. */
export class DirectTransfer implements AsyncDisposable {
  readonly #options: DirectTransferOptions;
  readonly #copies: HostCopies;
  /** Of each host to the registry of this process. */
  readonly #waysBack = new Map<Engine, Promise<WayBack>>();
  #server: Promise<RegistryServer> | undefined;

  constructor(options: DirectTransferOptions) {
    this.#options = options;
    this.#copies = new HostCopies(options);
  }

  /** Opens the way by which a host pulls from here, ahead of the first image. */
  async prepare(engine: Engine): Promise<void> {
    await this.#wayBack(engine);
  }

  /** The image, or its copy from a host that has it. It is read once for all hosts that lack it. */
  async find(image: PinnedImage, signal: AbortSignal): Promise<LocalImage | undefined> {
    const local = this.#options.images.get(image);
    if (local !== undefined) return local;
    return await this.#copies.copy(image, signal);
  }

  /** Whether a host has it. */
  async isOnAnyHost(image: PinnedImage, signal: AbortSignal): Promise<boolean> {
    return await this.#copies.has(image, signal);
  }

  /**
   * Sends an image to a host. Only layers that the host lacks travel, if its engine can be asked for them.
   * @throws HostError if no way worked; PullRefused for a pull that failed for what the host lacks, such as space
   */
  async send(engine: Engine, local: LocalImage, options: SendOptions): Promise<SentImage> {
    const { log } = this.#options;
    const manifest = manifestFor(local, options.platform);
    if (manifest === undefined)
      throw new HostError(
        engine.host,
        `${local.name} was not built for ${options.platform}. Add it to "${inputRef('platforms')}".`,
      );
    const tried = isOriginal(local)
      ? await this.#pull(engine, local, manifest, options)
      : 'the engine that it comes from keeps layers, but not as they were sent';
    if (typeof tried !== 'string') return tried;
    log.info(
      `${engine.host}: ${local.name} is sent as an archive through the API of the engine, because ${tried}.`,
    );
    return await this.#load(engine, local, manifest, options);
  }

  /** @returns why the engine can't pull from here */
  async #pull(
    engine: Engine,
    local: LocalImage,
    manifest: LayoutManifest,
    { platform, signal, onProgress }: SendOptions,
  ): Promise<SentImage | string> {
    const { name, image, layout } = local;
    const wayBack = await this.#wayBack(engine);
    if (wayBack.kind === 'closed') return wayBack.why;
    const server = await this.#registry();
    server.add(layout);
    // Several images go to a host at once: each is counted by itself.
    const account = server.addAccount();
    const registry = `127.0.0.1:${wayBack.port}`;
    const reference = `${registry}/${pathOf(name)}@${image.descriptor.digest}`;
    const { username, password } = account;
    try {
      const login = { username, password, serveraddress: registry };
      await engine.pullImage(reference, { platform, login, signal, onProgress });
    } catch (error) {
      if (!(error instanceof PullRefused) || isHostsOwnFault(error.said)) throw error;
      return account.wasUsed
        ? `the pull failed: ${error.said.replace(/\.$/, '')}`
        : 'its engine does not reach the loopback of its server (is it rootless, or in a virtual machine?)';
    }
    const { repository, tag } = digestTagOf(name);
    await engine.tagImage(reference, repository, tag);
    const found = await sameImage(engine, local, manifest);
    // The containerd store takes the digest from the tag. The classic one knows it by the pull alone, whose name stays therefore.
    if (found?.name === name) await engine.removeImage(reference);
    return found === undefined
      ? 'its engine did not complete the image by a pull'
      : { ...found, way: 'pulled', bytes: account.sent };
  }

  async #load(
    engine: Engine,
    local: LocalImage,
    manifest: LayoutManifest,
    { platform, signal }: SendOptions,
  ): Promise<SentImage> {
    const { log } = this.#options;
    const known = countKnownLayers(manifest.diffIds, await chainsOnHost(engine));
    let bytes = 0;
    const load = async (skipped: number): Promise<SentImage | undefined> => {
      const count = new Transform({
        transform(chunk: Buffer, _, done) {
          bytes += chunk.length;
          done(null, chunk);
        },
      });
      const { content } = imageArchive(local, manifest, skipped);
      content.once('error', (error) => count.destroy(error));
      await engine.loadImage(content.pipe(count), { platform, signal });
      await nameLoaded(engine, local, manifest);
      const found = await sameImage(engine, local, manifest);
      // The containerd store takes an archive that lacks layers for an image. A pull is complete, or fails.
      if (found === undefined || !(await engine.isImageComplete(found.name))) return undefined;
      const way = skipped > 0 ? 'missing layers loaded' : 'all layers loaded';
      return { ...found, way, bytes };
    };
    if (known > 0) {
      const why = await load(known).catch((error: unknown) => {
        if (!(error instanceof HostError) || engine.disconnected.aborted || signal.aborted) throw error;
        return messageWithoutHost(engine.host, error);
      });
      if (typeof why === 'object') return why;
      await removeRemains(engine, local, manifest);
      await requireAllLayers(engine, local, manifest);
      log.info(
        `${engine.host}: all layers of ${local.name} are sent, because those on the host do not complete it${why === undefined ? '' : `: ${why}`}.`,
      );
    }
    const sent = await load(0);
    if (sent !== undefined) return sent;
    throw new HostError(
      engine.host,
      `its engine made another image of the archive of ${local.name}. Update Docker on the host, or push to a registry ("${inputSetting('image-transfer', 'registry')}").`,
    );
  }

  #wayBack(engine: Engine): Promise<WayBack> {
    const known = this.#waysBack.get(engine) ?? this.#openWayBack(engine);
    this.#waysBack.set(engine, known);
    return known;
  }

  async #openWayBack(engine: Engine): Promise<WayBack> {
    return await engine.openWayBack((await this.#registry()).port);
  }

  #registry(): Promise<RegistryServer> {
    this.#server ??= RegistryServer.start();
    return this.#server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#waysBack.values());
    await (await this.#server)?.[Symbol.asyncDispose]();
  }
}

/**
 * Whether the layers are those of the image's digest. An engine with the classic store gives others, with the same content: as an archive
 * they are recognized by it, in a pull they are not.
 */
const isOriginal = ({ name, image }: LocalImage): boolean => image.descriptor.digest === digestOf(name);

/** What no other way would change. */
const isHostsOwnFault = (said: string): boolean => /no space left on device|quota exceeded/i.test(said);

/** @throws HostError if the layout, which is that of an archive, lacks layers that the engine does not take from those that it has */
async function requireAllLayers(
  { host }: Engine,
  { name, layout }: LocalImage,
  { layers }: LayoutManifest,
): Promise<void> {
  const sizes = await Promise.all(layers.map(({ digest }) => layout.size(digest)));
  if (!sizes.includes(undefined)) return;
  throw new HostError(
    host,
    `the archive leaves out layers of ${name}. This host has them, but not as they were sent, and its image store needs them so. Export the release without "${inputRef('since')}".`,
  );
}

/** The repository without its registry, in whose place this process stands. */
function pathOf(image: PinnedImage): string {
  const repository = repositoryOf(image);
  const [first = ''] = repository.split('/', 1);
  return repository.includes('/') && isRegistry(first) ? repository.slice(first.length + 1) : repository;
}

/** The ids that an engine may give to an image: its config's digest on the classic store, else that of what was loaded. */
const idsOf = ({ image }: LocalImage, { config, descriptor }: LayoutManifest): readonly string[] => [
  ...new Set([image.descriptor.digest, config.digest, descriptor.digest]),
];

/** What a host has under the image's name, if it is that image. */
async function sameImage(
  engine: Engine,
  local: LocalImage,
  manifest: LayoutManifest,
): Promise<FoundImage | undefined> {
  const found = await findSentImage(engine, local.name);
  if (found === undefined) return undefined;
  const { id, layers } = found.details;
  const isSame = idsOf(local, manifest).includes(id) && layers.join() === manifest.diffIds.join();
  return isSame ? found : undefined;
}

/** Tags what was loaded without a name. */
async function nameLoaded(engine: Engine, local: LocalImage, manifest: LayoutManifest): Promise<void> {
  const { repository, tag } = digestTagOf(local.name);
  for (const id of idsOf(local, manifest)) {
    if ((await engine.inspectImage(id)) === undefined) continue;
    await engine.tagImage(id, repository, tag);
    return;
  }
}

/** Removes an image that is not complete, so that it is not taken for the whole one. */
async function removeRemains(engine: Engine, local: LocalImage, manifest: LayoutManifest): Promise<void> {
  await engine.removeImage(digestTagName(local.name));
  for (const id of idsOf(local, manifest)) {
    const details = await engine.inspectImage(id);
    if (details !== undefined && details.repoTags.length === 0) await engine.removeImage(id);
  }
}
