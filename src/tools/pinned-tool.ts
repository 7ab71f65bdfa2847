/** What a runner is, in Node's words: `linux-x64`. */
export type RunnerKind = `${NodeJS.Platform}-${NodeJS.Architecture}`;

/** One file of a tool, for one kind of runner. */
export interface PinnedFile {
  /** URL of the official release, over HTTPS. */
  readonly url: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
}

/** A program that Sealift brings to a runner that lacks it: one file that needs no unpacking, in one version. */
export interface PinnedTool {
  /** Its name in the tool cache, and of its file there. */
  readonly name: string;
  /** As a person knows it. */
  readonly title: string;
  /** As semantic versioning writes it, without `v`. */
  readonly version: string;
  readonly files: Readonly<Partial<Record<RunnerKind, PinnedFile>>>;
  /** How a person installs it on the runner, as a sentence. */
  readonly advice: string;
}
