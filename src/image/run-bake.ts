import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, SealiftError } from '../model/errors.ts';
import { type Digest, isDigest } from '../model/image.ts';
import { asObject, asText } from '../model/json.ts';
import type { Tools } from '../model/tools.ts';
import { allowFlags, type BakeTarget, bakeDefinition } from './bake-definition.ts';
import { explainBuildFailure } from './build-errors.ts';
import { type RetryPolicy, retryTransient, TransientError } from './retry.ts';

/** What a build needs around it. */
export interface ImageContext {
  readonly tools: Tools;
  /** The whole environment of `docker`: see `login.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the checkout. */
  readonly workspace: string;
  readonly retryPolicy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
}

/** What BuildKit tells of an image it made. */
export interface BakeResult {
  /** Of the manifest or index; of the config on the classic image store before a push. */
  readonly digest: Digest | undefined;
  readonly config: Digest | undefined;
}

/** Lines kept for the evidence of a failure. */
const BUILD_EVIDENCE_LINES = 200;

/**
 * Builds all targets in one go. BuildKit's progress goes to the log as it comes. Faults of the network are waited out.
 *
 * @param secrets by variable; given to the process alone
 * @throws ConfigurationError or SealiftError saying what failed, with the last lines as evidence.
 */
export function runBake(
  what: string,
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  context: ImageContext,
): Promise<ReadonlyMap<string, BakeResult>> {
  const { tools, retryPolicy, signal } = context;
  return retryTransient(what, () => runBakeOnce(targets, secrets, context), {
    log: tools.log,
    retryPolicy,
    signal,
  });
}

async function runBakeOnce(
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  { tools, environment, workspace, signal }: ImageContext,
): Promise<ReadonlyMap<string, BakeResult>> {
  const name = randomUUID().slice(0, 8);
  const file = join(tools.folder, `bake-${name}.json`);
  const metadata = join(tools.folder, `bake-${name}.metadata.json`);
  await writeFile(file, bakeDefinition(targets), { mode: 0o600 });
  const args = [
    ...['buildx', 'bake', '--file', file, '--metadata-file', metadata, '--progress', 'plain'],
    ...allowFlags(targets.values()),
    ...targets.keys(),
  ];
  tools.log.debug(`docker ${args.join(' ')}`);
  const lines: string[] = [];
  try {
    await tools.run('docker', args, {
      cwd: workspace,
      env: { ...environment, ...BAKE_SETTINGS, ...Object.fromEntries(secrets) },
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > BUILD_EVIDENCE_LINES) lines.shift();
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    const told = lines.length > 0 ? lines : error.stderr.split('\n');
    const references = [...targets.values()].flatMap(pushedNamesOf);
    const push = [...targets.values()].some(({ output }) =>
      output?.some((line) => line.includes('push=true')),
    );
    const failure = explainBuildFailure(told, { repositories: references, push });
    throw failure.retryable ? new TransientError(failure.error) : failure.error;
  }
  return readBakeMetadata(await readFile(metadata, 'utf8'), targets.keys());
}

/** What an image is pushed as. */
function pushedNamesOf({ tags = [], output = [] }: BakeTarget): readonly string[] {
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.['name'] ?? []);
}

const BAKE_SETTINGS = {
  // The definition is ours and names files of the checkout: nobody is there to be asked.
  BUILDX_BAKE_ENTITLEMENTS_FS: '0',
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: 'disabled',
  NO_COLOR: '1',
};

/** @throws SealiftError when BuildKit told nothing of a target. */
export function readBakeMetadata(json: string, ids: Iterable<string>): ReadonlyMap<string, BakeResult> {
  const all = asObject(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const told = asObject(all[id]);
      if (Object.keys(told).length === 0)
        throw new SealiftError(`docker buildx said nothing of the image "${id}" it built.`);
      return [
        id,
        {
          digest: optionalDigest(told['containerimage.digest']),
          config: optionalDigest(told['containerimage.config.digest']),
        },
      ];
    }),
  );
}

function optionalDigest(value: unknown): Digest | undefined {
  const found = asText(value);
  return found !== undefined && isDigest(found) ? found : undefined;
}
