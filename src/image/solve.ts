import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, SealiftError } from '../model/errors.ts';
import { type Digest, isDigest } from '../model/image.ts';
import type { Tools } from '../model/run.ts';
import { allowances, type BakeTarget, bakeDefinition } from './bake.ts';
import { object, text } from './data.ts';
import { explainBuild } from './failures.ts';
import { type Patience, persist, Transient } from './retry.ts';

/** What a build needs around it. */
export interface Workshop {
  readonly tools: Tools;
  /** The whole environment of `docker`: see `login.ts`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of the checkout. */
  readonly workspace: string;
  readonly patience: Patience;
  readonly signal: AbortSignal | undefined;
}

/** What BuildKit tells of an image it made. */
export interface Solved {
  /** Of the manifest or index; of the config on the classic image store before a push. */
  readonly digest: Digest | undefined;
  readonly config: Digest | undefined;
}

/** Lines kept for the evidence of a failure. */
const KEPT = 200;

/**
 * Builds all targets in one go. BuildKit's progress goes to the log as it comes. Faults of the network are waited out.
 *
 * @param secrets by variable; given to the process alone
 * @throws ConfigurationError or SealiftError saying what failed, with the last lines as evidence.
 */
export function solve(
  what: string,
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  shop: Workshop,
): Promise<ReadonlyMap<string, Solved>> {
  const { tools, patience, signal } = shop;
  return persist(what, () => attempt(targets, secrets, shop), { log: tools.log, patience, signal });
}

async function attempt(
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  { tools, environment, workspace, signal }: Workshop,
): Promise<ReadonlyMap<string, Solved>> {
  const name = randomUUID().slice(0, 8);
  const file = join(tools.folder, `bake-${name}.json`);
  const metadata = join(tools.folder, `bake-${name}.metadata.json`);
  await writeFile(file, bakeDefinition(targets), { mode: 0o600 });
  const args = [
    ...['buildx', 'bake', '--file', file, '--metadata-file', metadata, '--progress', 'plain'],
    ...allowances(targets.values()),
    ...targets.keys(),
  ];
  tools.log.debug(`docker ${args.join(' ')}`);
  const lines: string[] = [];
  try {
    await tools.run('docker', args, {
      cwd: workspace,
      env: { ...environment, ...SETTINGS, ...Object.fromEntries(secrets) },
      onLine(line) {
        tools.log.info(line);
        lines.push(line);
        if (lines.length > KEPT) lines.shift();
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    const told = lines.length > 0 ? lines : error.stderr.split('\n');
    const references = [...targets.values()].flatMap(namesOf);
    const push = [...targets.values()].some(({ output }) =>
      output?.some((line) => line.includes('push=true')),
    );
    const failure = explainBuild(told, { repositories: references, push });
    throw failure.passing ? new Transient(failure.error) : failure.error;
  }
  return readMetadata(await readFile(metadata, 'utf8'), targets.keys());
}

/** What an image is pushed as. */
function namesOf({ tags = [], output = [] }: BakeTarget): readonly string[] {
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.['name'] ?? []);
}

const SETTINGS = {
  // The definition is ours and names files of the checkout: nobody is there to be asked.
  BUILDX_BAKE_ENTITLEMENTS_FS: '0',
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: 'disabled',
  NO_COLOR: '1',
};

/** @throws SealiftError when BuildKit told nothing of a target. */
export function readMetadata(json: string, ids: Iterable<string>): ReadonlyMap<string, Solved> {
  const all = object(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const told = object(all[id]);
      if (Object.keys(told).length === 0)
        throw new SealiftError(`docker buildx said nothing of the image "${id}" it built.`);
      return [
        id,
        {
          digest: digest(told['containerimage.digest']),
          config: digest(told['containerimage.config.digest']),
        },
      ];
    }),
  );
}

function digest(value: unknown): Digest | undefined {
  const found = text(value);
  return found !== undefined && isDigest(found) ? found : undefined;
}
