import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration } from '../model/duration.ts';
import { CommandError, SealiftError } from '../model/errors.ts';
import { type Digest, isDigest } from '../model/image.ts';
import { asObject } from '../model/json.ts';
import { registryOf } from '../model/registry.ts';
import { joinWithAnd } from '../model/text.ts';
import { LoggedOutput } from '../run/logged-output.ts';
import { retryTransient } from '../run/retry.ts';
import { anySignal } from '../run/signals.ts';
import { allowFlags, type BakeTarget, bakeDefinition } from './bake-definition.ts';
import { explainBuildFailure } from './explain-build-failure.ts';
import type { ImageContext } from './image-context.ts';
import { PUSH_SILENCE_LIMIT, PushSilence } from './push-silence.ts';

/** What BuildKit reports about an image that it built. */
export interface BakeResult {
  /** Of the manifest or index; before a push on the classic image store, of the config. */
  readonly digest: Digest | undefined;
  readonly config: Digest | undefined;
}

/** Output lines from which a failure is explained. */
const BUILD_EVIDENCE_LINES = 200;

const BAKE_SETTINGS = {
  // Sealift itself writes the definition, with files of the checkout in it. Nobody is there to answer a prompt.
  BUILDX_BAKE_ENTITLEMENTS_FS: '0',
  // Provenance beside the digests would repeat the build arguments in a file.
  BUILDX_METADATA_PROVENANCE: 'disabled',
  NO_COLOR: '1',
};

/**
 * Builds all targets in one run of bake. BuildKit's progress goes to the log as it comes. Network failures are retried.
 *
 * @param what subject of the log lines: "The build"
 * @param secrets by variable; only the environment of the process holds them
 * @throws ConfigurationError or SealiftError that says what failed, with the last lines as evidence
 */
export function runBake(
  what: string,
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  context: ImageContext,
): Promise<ReadonlyMap<string, BakeResult>> {
  return retryTransient(what, () => runBakeOnce(targets, secrets, context), context);
}

async function runBakeOnce(
  targets: ReadonlyMap<string, BakeTarget>,
  secrets: ReadonlyMap<string, string>,
  { run, log, folder, environment, workspace, signal }: ImageContext,
): Promise<ReadonlyMap<string, BakeResult>> {
  const path = join(folder, `bake-${randomUUID().slice(0, 8)}`);
  const [file, metadata] = [`${path}.json`, `${path}.metadata.json`];
  await writeFile(file, bakeDefinition(targets), { mode: 0o600 });
  using output = new LoggedOutput((line) => log.info(line), BUILD_EVIDENCE_LINES);
  using silence = new PushSilence();
  try {
    await run(
      'docker',
      [
        ...['buildx', 'bake', '--file', file, '--metadata-file', metadata, '--progress', 'plain'],
        ...allowFlags(targets.values()),
        ...targets.keys(),
      ],
      {
        cwd: workspace,
        env: { ...environment, ...BAKE_SETTINGS, ...Object.fromEntries(secrets) },
        onLine(line) {
          output.push(line);
          silence.see(line);
        },
        signal: anySignal(signal, silence.signal),
      },
    );
  } catch (error) {
    if (silence.signal.aborted && signal?.aborted !== true) throw silentPushError(targets, output.lastLines);
    if (!(error instanceof CommandError) || signal?.aborted === true) throw error;
    const { lastLines } = output;
    const lines = lastLines.length > 0 ? lastLines : error.stderr.split('\n');
    throw explainBuildFailure(lines, [...targets.values()].flatMap(pushedReferences));
  }
  return readBakeMetadata(await readFile(metadata, 'utf8'), targets.keys());
}

function silentPushError(
  targets: ReadonlyMap<string, BakeTarget>,
  evidence: readonly string[],
): SealiftError {
  const registries = new Set([...targets.values()].flatMap(pushedReferences).map(registryOf));
  return new SealiftError(
    `The push was ended, because nothing was heard of it for ${formatDuration(PUSH_SILENCE_LIMIT)}. Does ${joinWithAnd([...registries])} answer, and does a proxy or firewall let large uploads through?`,
    { evidence },
  );
}

/** The names that a target is pushed as; none if it is not pushed. */
function pushedReferences({ tags = [], output = [] }: BakeTarget): readonly string[] {
  if (!output.some((line) => line.includes('push=true'))) return [];
  if (tags.length > 0) return tags;
  return output.flatMap((line) => /(?:^|,)name=(?<name>[^,]+)/.exec(line)?.groups?.['name'] ?? []);
}

/** @throws SealiftError when the metadata have no entry for a target */
export function readBakeMetadata(json: string, ids: Iterable<string>): ReadonlyMap<string, BakeResult> {
  const all = asObject(JSON.parse(json));
  return new Map(
    [...ids].map((id) => {
      const entry = asObject(all[id]);
      if (Object.keys(entry).length === 0)
        throw new SealiftError(
          `docker buildx reported nothing about the image "${id}" that it built. Update buildx.`,
        );
      const digest = (key: string): Digest | undefined => {
        const value = entry[key];
        return typeof value === 'string' && isDigest(value) ? value : undefined;
      };
      return [
        id,
        { digest: digest('containerimage.digest'), config: digest('containerimage.config.digest') },
      ];
    }),
  );
}
