import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { ConfigurationError, messageOf, SealiftError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject, isObject, mapValues, parseJson } from '../model/json.ts';
import type { ConfidentialValues, Release } from '../model/release.ts';
import type { StepContext } from '../model/step-context.ts';
import { blobPath, type OciLayout, openLayoutTar } from '../oci/layout.ts';
import { readTarIndex } from '../oci/tar-index.ts';
import { ARCHIVE_FILE, parseSums } from './archive-files.ts';
import { type ArchiveRecord, parseArchiveRecord } from './archive-record.ts';
import { readArchivedText } from './read-archived-text.ts';
import { verifySignature } from './signature.ts';

/** An archive whose every part is what its list of sums says. */
export interface OpenArchive {
  readonly record: ArchiveRecord;
  /** Without the contents of secrets, and as nobody's run. */
  readonly release: Release;
  /** Contents of configs by variable. */
  readonly configs: ConfidentialValues;
  readonly layout: OciLayout;
  /** Who signed it; `undefined`: that was not asked. */
  readonly signer: string | undefined;
}

interface Expected {
  readonly app: string | undefined;
  readonly environment: string;
  /** In the format of ssh-keygen; `undefined`: the signature is not verified. */
  readonly allowedSigners: string | undefined;
}

/** Whoever copies the file again needs to know no more. */
const AGAIN = 'Nothing of it was used: copy it again from where it was made.';

/**
 * Opens an archive and verifies all of it: the signature, each part by its sum, and that nothing is missing.
 * @throws ConfigurationError or SealiftError that names `archive` and says what is wrong
 */
export async function openArchive(
  path: string,
  expected: Expected,
  step: StepContext & { readonly signal: AbortSignal },
): Promise<OpenArchive> {
  const { names, text } = await readParts(path);
  const sums = await text(ARCHIVE_FILE.sums);
  const signer = await checkSignature(path, sums, await text(ARCHIVE_FILE.signature), expected, step);
  const known = sums === undefined ? undefined : parseSums(sums);
  const record = parseArchiveRecord((await text(ARCHIVE_FILE.record)) ?? '');
  if (sums === undefined || known === undefined || record === undefined)
    throw new ConfigurationError(
      `archive: "${path}" is no archive of Sealift. Name a file that the action export has written.`,
    );
  if ('format' in record)
    throw new ConfigurationError(
      `archive: "${path}" has the format ${record.format}, which this version of Sealift does not know. Use the version that made it.`,
    );
  checkDestination(record, path, expected);
  await checkParts(path, names, known, step.signal);
  const layout = await openLayoutTar(path);
  await checkBlobs(path, record, layout);
  const release = parseRelease((await text(ARCHIVE_FILE.release)) ?? '', record);
  const configs = asObject(parseJson((await text(ARCHIVE_FILE.configs)) ?? ''));
  if (release === undefined)
    throw new SealiftError(
      `${inputRef('archive')}: "${path}" has no release ${record.release}. Export it again.`,
    );
  return {
    ...{ record, release, layout, signer },
    configs: new Map(Object.entries(mapValues(configs, String))),
  };
}

interface Parts {
  readonly names: readonly string[];
  readonly text: (name: string) => Promise<string | undefined>;
}

async function readParts(path: string): Promise<Parts> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    await using file = await open(path);
    const entries = await readTarIndex(file, path);
    return { names: [...entries.keys()], text: (name) => readArchivedText(path, name) };
  } catch (error) {
    if (error instanceof SealiftError)
      throw new SealiftError(`${inputRef('archive')}: ${messageOf(error)}`, { cause: error });
    throw new ConfigurationError(`archive: "${path}" can't be read (${messageOf(error)}).`, { cause: error });
  }
}

async function checkSignature(
  path: string,
  sums: string | undefined,
  signature: string | undefined,
  { allowedSigners }: Expected,
  step: StepContext,
): Promise<string | undefined> {
  if (allowedSigners === undefined) return undefined;
  if (signature === undefined || sums === undefined)
    throw new SealiftError(
      `allowed-signers: "${path}" is not signed. Export it with "${inputRef('sign-key')}", or get the signed archive.`,
    );
  return await verifySignature(sums, signature, allowedSigners, step);
}

function checkDestination({ app, environment }: ArchiveRecord, path: string, expected: Expected): void {
  if (expected.app !== undefined && expected.app !== app)
    throw new ConfigurationError(
      `app: "${path}" is of the app "${app}", not of "${expected.app}". Name the archive of ${expected.app}, or correct "${inputRef('app')}".`,
    );
  if (expected.environment !== environment)
    throw new ConfigurationError(
      `environment: "${path}" was exported for "${environment}", not for "${expected.environment}". Export it for ${expected.environment}, or correct "${inputRef('environment')}".`,
    );
}

/** Each part must be in the list, and be what that says. */
async function checkParts(
  path: string,
  names: readonly string[],
  sums: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const missing = [...sums.keys()].find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new SealiftError(`${inputRef('archive')}: "${path}" lacks its part ${missing}. ${AGAIN}`);
  const listed = new Set<string>([...sums.keys(), ARCHIVE_FILE.sums, ARCHIVE_FILE.signature]);
  const foreign = names.find((name) => !listed.has(name));
  if (foreign !== undefined)
    throw new SealiftError(
      `archive: "${path}" has a part ${foreign} that is not in its list of sums, so somebody has changed it. ${AGAIN}`,
    );
  await using file = await open(path);
  const entries = await readTarIndex(file, path);
  for (const [name, sum] of sums) {
    const { start = 0, size = 0 } = entries.get(name) ?? {};
    const hash = createHash('sha256');
    if (size > 0) {
      const content = createReadStream(path, { start, end: start + size - 1, signal });
      for await (const chunk of content) hash.update(chunk);
    }
    if (hash.digest('hex') !== sum)
      throw new SealiftError(
        `archive: ${name} in "${path}" is not what it was when it was exported: it is damaged, or somebody has changed it. ${AGAIN}`,
      );
  }
}

async function checkBlobs(path: string, { images }: ArchiveRecord, layout: OciLayout): Promise<void> {
  for (const { name, blobs } of images) {
    for (const { digest, size, of } of blobs) {
      if (of !== undefined || (await layout.size(digest)) === size) continue;
      throw new SealiftError(
        `${inputRef('archive')}: "${path}" lacks ${blobPath(digest)}, a part of ${name}. ${AGAIN}`,
      );
    }
  }
}

/** Its sum shows that Sealift wrote it. */
function parseRelease(text: string, { app, environment, release: id }: ArchiveRecord): Release | undefined {
  const content = parseJson(text);
  if (!isObject(content)) return undefined;
  const isIt = content['id'] === id && content['app'] === app && content['environment'] === environment;
  const release: Release = JSON.parse(text);
  return isIt ? release : undefined;
}
