import { formatBytes } from '../model/bytes.ts';
import type { ImageLayer } from '../model/image.ts';

/** A line of `docker pull` about a layer: the start of its digest, and what was done with it. */
const LAYER_LINE = /^([0-9a-f]{12}): (.+)$/;
const ON_HOST = 'Already exists';
/** The engine has all bytes of a layer. The words are those of moby (distribution/pull_v2.go, daemon/containerd/progress.go). */
const TRANSFERRED = /^(?:Verifying Checksum|Download complete|Extracting|Pull complete)/;

interface PulledLayer {
  /** The first image that named it: images share layers, and each layer is transferred once. */
  readonly image: string;
  state: string;
}

/**
 * How far the pulls of a host are. `docker pull` prints no bytes unless it writes to a terminal, so they are counted by layer,
 * with the sizes that the registry has.
 */
export class PullProgress {
  readonly #layers = new Map<string, PulledLayer>();
  /** Bytes by the start of the digest. */
  readonly #sizes = new Map<string, number>();
  /** Images whose layers are known with their sizes. */
  readonly #measured = new Set<string>();

  /** Reads a line that the pull of an image has printed. */
  read(image: string, line: string): void {
    const [, id, state] = LAYER_LINE.exec(line) ?? [];
    if (id === undefined || state === undefined) return;
    const known = this.#layers.get(id);
    if (known === undefined) this.#layers.set(id, { image, state });
    else if (known.image === image) known.state = state;
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
    const size = (layers: typeof wanted): string =>
      formatBytes(layers.reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0));
    const isKnown = wanted.every(([id]) => this.#sizes.has(id));
    const bytes = isKnown ? `, ${size(done)} of ${size(wanted)}` : '';
    return `${done.length} of ${wanted.length} layers${bytes}`;
  }

  /** The bytes that the pull of an image has transferred; `undefined` if the registry did not say. */
  bytesOf(image: string): number | undefined {
    if (!this.#measured.has(image)) return undefined;
    return [...this.#layers]
      .filter(([, layer]) => layer.image === image && TRANSFERRED.test(layer.state))
      .reduce((sum, [id]) => sum + (this.#sizes.get(id) ?? 0), 0);
  }
}

/** As the engine prints it: the first twelve hex digits. */
const shortId = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 12);
