import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import type { BuildRecipe } from './bake.ts';
import type { CommitContext } from './context.ts';

/** Keys of the OCI image specification (annotations.md). */
export const OCI = {
  revision: 'org.opencontainers.image.revision',
  source: 'org.opencontainers.image.source',
  created: 'org.opencontainers.image.created',
  version: 'org.opencontainers.image.version',
} as const;

/** Says what an image was made of beside the commit; see `fingerprintOf`. */
export const FINGERPRINT = 'sealift.build';

/**
 * The labels of every image of a step. The time is the commit's: it is the same in each solve, and a re-run finds the
 * layers of its first run.
 *
 * @param tags without the repository, the commit's SHA first
 */
export function labelsFor(
  commit: CommitContext,
  tags: readonly string[],
  version: string | undefined,
  now: Date,
): Record<string, string> {
  const labels: Record<string, string> = {
    [OCI.created]: commit.committedAt ?? now.toISOString(),
    [OCI.version]: version ?? tags[1] ?? commit.sha ?? 'unknown',
  };
  if (commit.sha !== undefined) labels[OCI.revision] = commit.sha;
  if (commit.source !== undefined) labels[OCI.source] = commit.source;
  return labels;
}

/**
 * A short hash over all that decides what is in an image of one commit, and how it was tested: an image of the same commit
 * with other build arguments, another target or untested is another image, and must not be taken for this one. What does
 * not show in the image is no part of it: caches, attestations, tags, values of secrets.
 */
export function fingerprintOf(recipe: BuildRecipe, tests: readonly string[], workspace: string): string {
  const { target } = recipe;
  const own = new Set<string>(Object.values(OCI));
  const place = (path: string | undefined): string | undefined =>
    path?.startsWith('/') ? relative(workspace, path) : path;
  const content = {
    context: place(target.context),
    dockerfile: place(target.dockerfile),
    inline: target['dockerfile-inline'],
    target: target.target,
    args: sorted(target.args),
    labels: sorted(target.labels).filter(([key]) => !own.has(key)),
    contexts: sorted(target.contexts).map(([name, context]) => [name, place(context)]),
    platforms: [...(target.platforms ?? [])].sort(),
    secrets: recipe.secrets.size,
    hosts: sorted(target['extra-hosts']),
    network: target.network,
    tests,
  };
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

function sorted(map: Readonly<Record<string, string>> | undefined): readonly (readonly [string, string])[] {
  return Object.entries(map ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
}
