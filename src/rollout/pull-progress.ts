import type { LayerProgress } from '../engine/engine.ts';
import { formatBytes } from '../model/bytes.ts';
import type { ImageLayer } from '../model/image.ts';

/** Engines name layers by the start of their digest; what else they report has other names. */
const LAYER_ID = /^[0-9a-f]{12}$/;
const ON_HOST = 'Already exists';
/** The engine has all bytes of a layer. The words are those of moby (distribution/pull_v2.go, daemon/containerd/progress.go). */
const TRANSFERRED = /^(?:Verifying Checksum|Download complete|Extracting|Pull complete)/;

interface PulledLayer {
  /** The first image that named it: images share layers, and each layer is transferred once. */
  readonly image: string;
  state: string;
  /** Bytes that have come, while it is transferred. */
  received: number;
}

/** How far the pulls of a host are, in layers, and in bytes with the sizes that the registry has. */
export class PullProgress {
  readonly #layers = new Map<string, PulledLayer>();
  /** Bytes by the start of the digest. */
  readonly #sizes = new Map<string, number>();
  /** Images whose layers are known with their sizes. */
  readonly #measured = new Set<string>();
  readonly #sent = new Map<string, number>();

  /** Notes what the pull of an image does with a layer. */
  read(image: string, { id, state, bytes }: LayerProgress): void {
    if (!LAYER_ID.test(id)) return;
    const layer = this.#layers.get(id) ?? { image, state, received: 0 };
    this.#layers.set(id, layer);
    if (layer.image !== image) return;
    layer.state = state;
    if (state === 'Downloading') layer.received = bytes;
  }

  /** Adds what the registry says of an image. */
  measure(image: string, layers: readonly ImageLayer[]): void {
    for (const { digest, size } of layers) this.#sizes.set(shortId(digest), size);
    if (layers.length > 0) this.#measured.add(image);
  }

  /** `3 of 8 layers, 41.2 MB of 120 MB`; `undefined` before the first layer is known. */
  get text(): string | undefined {
    const wanted = [...this.#layers].filter(([, { state }]) => state !== ON_HOST);
    if (wanted.length === 0) return undefined;
    const done = wanted.filter(([, { state }]) => TRANSFERRED.test(state));
    const isKnown = wanted.every(([id]) => this.#sizes.has(id));
    const size = ([id]: (typeof wanted)[number]): number => this.#sizes.get(id) ?? 0;
    const all = wanted.reduce((sum, layer) => sum + size(layer), 0);
    const received = wanted.reduce(
      (sum, layer) => sum + (done.includes(layer) ? size(layer) : Math.min(layer[1].received, size(layer))),
      0,
    );
    const bytes = isKnown ? `, ${formatBytes(received)} of ${formatBytes(all)}` : '';
    return `${done.length} of ${wanted.length} layers${bytes}`;
  }

  /** Notes how many bytes of an image this process itself has sent. */
  noteSent(image: string, bytes: number): void {
    this.#sent.set(image, bytes);
  }

  /** The bytes that the pull of an image has transferred; `undefined` if the registry did not say. */
  bytesOf(image: string): number | undefined {
    const sent = this.#sent.get(image);
    if (sent !== undefined) return sent;
    if (!this.#measured.has(image)) return undefined;
    return [...this.#layers]
      .filter(([, layer]) => layer.image === image && TRANSFERRED.test(layer.state))
      .reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0);
  }
}

/** As the engine prints it: the first twelve hex digits. */
const shortId = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
