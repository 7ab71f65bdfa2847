import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Digest, isDigest, pinnedImage } from '../model/image.ts';
import { asObject, asStrings, asText } from '../model/json.ts';
import { openLayoutFolder } from '../oci/layout.ts';
import { readLayoutImage } from '../oci/layout-image.ts';
import { fingerprintOf } from '../run/fingerprint.ts';
import type { LocalImage } from '../transfer/local-image.ts';

/** What is known of an image beside its bytes. */
export interface RunnerImageLabel {
  readonly repository: string;
  readonly digest: Digest;
  /** Without the repository, the commit's SHA first. */
  readonly tags: readonly string[];
  /** See `buildFingerprint`. */
  readonly fingerprint: string | undefined;
}

/** An image that an earlier step left on the runner. */
export interface RunnerImage extends RunnerImageLabel {
  readonly image: LocalImage;
}

const LABEL_FILE = 'sealift.json';
/** Of each repository: a runner that stays must not become full. */
const KEPT_IMAGES = 5;
/** Milliseconds after which what is being written was given up. */
const ABANDONED = 24 * 60 * 60_000;

/**
 * Images on the runner, as OCI layouts: outside the checkout, in the runner's tool cache, or in the user's cache at a terminal. Other
 * jobs of the same runner find them too. Their blobs are verified when they are read.
 */
export class RunnerImages {
  readonly #folder: string;

  constructor(folder: string = defaultFolder()) {
    this.#folder = folder;
  }

  /** The newest image for which `isWanted` holds. One that can't be read is none. */
  async find(isWanted: (label: RunnerImageLabel) => boolean): Promise<RunnerImage | undefined> {
    for (const { path, label } of await this.#list()) {
      if (!isWanted(label)) continue;
      const image = await openImage(path, label).catch(() => undefined);
      if (image === undefined) continue;
      await utimes(join(path, LABEL_FILE), new Date(), new Date()).catch(() => undefined);
      return { ...label, image };
    }
    return undefined;
  }

  /** A folder of its own for a layout that is being written. */
  async newFolder(): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    return join(this.#folder, `part-${randomUUID()}`);
  }

  /** Keeps a complete layout under its digest; older ones of the repository go. */
  async keep(path: string, label: RunnerImageLabel): Promise<LocalImage> {
    const { repository, digest } = label;
    const name = fingerprintOf(`${repository}@${digest}`, 32);
    const kept = join(this.#folder, name);
    await writeFile(join(path, LABEL_FILE), JSON.stringify(label));
    // The same image may be there already, and another step may be reading it.
    await rename(path, kept).catch(async () => {
      await rename(join(path, LABEL_FILE), join(kept, LABEL_FILE));
      await rm(path, { recursive: true, force: true });
    });
    await this.#prune(repository);
    return await openImage(kept, label);
  }

  async #prune(repository: string): Promise<void> {
    const own = (await this.#list()).filter(({ label }) => label.repository === repository);
    for (const { path } of own.slice(KEPT_IMAGES)) await rm(path, { recursive: true, force: true });
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const { mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
      if (name.startsWith('part-') && Date.now() - mtimeMs > ABANDONED)
        await rm(path, { recursive: true, force: true });
    }
  }

  /** The newest first. */
  async #list(): Promise<readonly { readonly path: string; readonly label: RunnerImageLabel }[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(
      names
        .filter((name) => !name.startsWith('part-'))
        .map(async (name) => {
          const path = join(this.#folder, name);
          const label = await readLabel(path).catch(() => undefined);
          if (label === undefined) return [];
          return [{ path, label, usedAt: (await stat(join(path, LABEL_FILE))).mtimeMs }];
        }),
    );
    return found.flat().sort((one, other) => other.usedAt - one.usedAt);
  }
}

function defaultFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(process.env['RUNNER_TOOL_CACHE'] || cache, 'sealift-images');
}

async function readLabel(path: string): Promise<RunnerImageLabel | undefined> {
  const { repository, digest, tags, fingerprint } = asObject(
    JSON.parse(await readFile(join(path, LABEL_FILE), 'utf8')),
  );
  if (typeof repository !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined;
  return { repository, digest, tags: asStrings(tags), fingerprint: asText(fingerprint) };
}

async function openImage(path: string, { repository, digest }: RunnerImageLabel): Promise<LocalImage> {
  const layout = await openLayoutFolder(path);
  const descriptor = layout.manifests.find((each) => each.digest === digest);
  if (descriptor === undefined) throw new Error(`${path} does not have ${digest}.`);
  const image = await readLayoutImage(layout, descriptor);
  for (const blob of image.blobs)
    if ((await layout.size(blob.digest)) !== blob.size) throw new Error(`${path} lacks ${blob.digest}.`);
  return { name: pinnedImage(repository, digest), layout, image };
}
