import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import type { BuildRecipe } from './bake-definition.ts';
import type { CommitContext } from './commit-context.ts';

/** Keys of the OCI image specification (annotations.md). */
export const OCI_LABEL = {
  revision: 'org.opencontainers.image.revision',
  source: 'org.opencontainers.image.source',
  created: 'org.opencontainers.image.created',
  version: 'org.opencontainers.image.version',
} as const;

/** Says what an image was made of beside the commit; see `fingerprintOf`. */
export const BUILD_FINGERPRINT_LABEL = 'sealift.build';

/**
 * The labels of every image of a step. The time is the commit's: it is the same in each solve, and a re-run finds the
 * layers of its first run.
 *
 * @param tags without the repository, the commit's SHA first
 */
export function imageLabels(
  commit: CommitContext,
  tags: readonly string[],
  version: string | undefined,
  now: Date,
): Record<string, string> {
  const labels: Record<string, string> = {
    [OCI_LABEL.created]: commit.committedAt ?? now.toISOString(),
    [OCI_LABEL.version]: version ?? tags[1] ?? commit.sha ?? 'unknown',
  };
  if (commit.sha !== undefined) labels[OCI_LABEL.revision] = commit.sha;
  if (commit.source !== undefined) labels[OCI_LABEL.source] = commit.source;
  return labels;
}

/**
 * A short hash over all that decides what is in an image of one commit, and how it was tested: an image of the same commit
 * with other build arguments, another target or untested is another image, and must not be taken for this one. What does
 * not show in the image is no part of it: caches, attestations, tags, values of secrets.
 */
export function buildFingerprint(recipe: BuildRecipe, tests: readonly string[], workspace: string): string {
  const { target } = recipe;
  const own = new Set<string>(Object.values(OCI_LABEL));
  const place = (path: string | undefined): string | undefined =>
    path?.startsWith('/') ? relative(workspace, path) : path;
  const content = {
    context: place(target.context),
    dockerfile: place(target.dockerfile),
    inline: target['dockerfile-inline'],
    target: target.target,
    args: sortedEntries(target.args),
    labels: sortedEntries(target.labels).filter(([key]) => !own.has(key)),
    contexts: sortedEntries(target.contexts).map(([name, context]) => [name, place(context)]),
    platforms: [...(target.platforms ?? [])].sort(),
    secrets: recipe.secrets.size,
    hosts: sortedEntries(target['extra-hosts']),
    network: target.network,
    tests,
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

function sortedEntries(
  map: Readonly<Record<string, string>> | undefined,
): readonly (readonly [string, string])[] {
  return Object.entries(map ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
}
