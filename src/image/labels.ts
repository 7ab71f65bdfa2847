import { relative } from 'node:path';
import { fingerprintOf } from '../run/fingerprint.ts';
import type { BuildRecipe } from './bake-definition.ts';
import type { CommitContext } from './commit-context.ts';

/** Keys of the OCI image specification (annotations.md). */
export const OCI_LABEL = {
  revision: 'org.opencontainers.image.revision',
  source: 'org.opencontainers.image.source',
  created: 'org.opencontainers.image.created',
  version: 'org.opencontainers.image.version',
} as const;

/** Label with `buildFingerprint`. */
export const BUILD_FINGERPRINT_LABEL = 'sealift.build';

/**
 * The labels of every image of a step. The time is the commit's: it is the same in each build, so a re-run finds the layers
 * of its first run in the cache.
 *
 * @param tags without the repository, the commit's SHA first
 */
export function imageLabels(
  commit: CommitContext,
  tags: readonly string[],
  version: string | undefined,
  now: Date,
): Record<string, string> {
  return {
    [OCI_LABEL.created]: commit.committedAt ?? now.toISOString(),
    [OCI_LABEL.version]: version ?? tags[1] ?? commit.sha ?? 'unknown',
    ...(commit.sha === undefined ? {} : { [OCI_LABEL.revision]: commit.sha }),
    ...(commit.source === undefined ? {} : { [OCI_LABEL.source]: commit.source }),
  };
}

/**
 * A short hash of everything that decides what is in an image of one commit, and how it was tested. An image of the same
 * commit with other build arguments, another target or no test is another image. What does not show in the image is not in
 * the hash: caches, attestations, tags, values of secrets. The hash is the same on every runner, so it has no absolute paths.
 */
export function buildFingerprint(recipe: BuildRecipe, tests: readonly string[], workspace: string): string {
  const { target } = recipe;
  const ociLabels = new Set<string>(Object.values(OCI_LABEL));
  const inCheckout = (path: string | undefined): string | undefined =>
    path?.startsWith('/') ? relative(workspace, path) : path;
  const content = {
    context: inCheckout(target.context),
    dockerfile: inCheckout(target.dockerfile),
    inline: target['dockerfile-inline'],
    target: target.target,
    args: sortedEntries(target.args),
    labels: sortedEntries(target.labels).filter(([key]) => !ociLabels.has(key)),
    contexts: sortedEntries(target.contexts).map(([name, context]) => [name, inCheckout(context)]),
    platforms: [...(target.platforms ?? [])].sort(),
    secrets: recipe.secrets.size,
    hosts: sortedEntries(target['extra-hosts']),
    network: target.network,
    tests,
  };
  return fingerprintOf(JSON.stringify(content));
}

function sortedEntries(map: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  return Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1));
}
