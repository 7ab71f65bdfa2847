import type { ImageReference } from './image.ts';

export interface BuildOptions {
  readonly context: string;
  readonly file: string | undefined;
  readonly target: string | undefined;
  readonly buildArgs: readonly string[];
  /** `id=value`; a value may have several lines. Values never reach argv. */
  readonly buildSecrets: readonly string[];
  readonly platforms: readonly string[];
  readonly labels: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly provenance: string | undefined;
  readonly sbom: string | undefined;
  readonly pull: boolean;
  readonly noCache: boolean;
  readonly addHosts: readonly string[];
  readonly buildContexts: readonly string[];
  /** Tags in addition to the commit SHA, with unfilled templates: `latest`, `{{branch}}`. */
  readonly tags: readonly string[];
  /** Commands by service, in order; the key '' is for the only image. */
  readonly tests: ReadonlyMap<string, readonly string[]>;
  readonly rebuild: boolean;
  /** Whether GitHub is told that this workflow has built them. */
  readonly attest: boolean;
}

/** How images come to the hosts: through a registry, or from the runner itself. */
export type ImageTransfer = 'registry' | 'direct';

/** Images that this step builds. */
export interface BuildImageSource {
  readonly kind: 'build';
  readonly repository: string;
  /** Whether the input `image` names the repository. Otherwise it is GitHub's registry, under the name of this one. */
  readonly isRepositoryGiven: boolean;
  readonly options: BuildOptions;
  readonly transfer: ImageTransfer;
}

/** Images that exist already. */
export interface ExistingImageSource {
  readonly kind: 'existing';
  /** By service; the key '' is `${IMAGE}`. A tag is resolved to a digest once, before anything else. */
  readonly images: ReadonlyMap<string, ImageReference>;
  readonly transfer: ImageTransfer;
}

export type ImageSource = BuildImageSource | ExistingImageSource;
