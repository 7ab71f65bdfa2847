import { ConfigurationError } from '../model/errors.ts';
import { isTag, TAG_RULE, TAG_TEMPLATES, type TagTemplate } from '../model/image.ts';
import type { CommitContext } from './commit-context.ts';

export interface ImageTags {
  /** The commit's SHA first; no tag twice. */
  readonly tags: readonly string[];
  /** The version without `v`, where the ref is a tag that is one. */
  readonly version: string | undefined;
  /** Lines for the log: which of the wanted tags have no value in this run. */
  readonly skipped: readonly string[];
}

/** semver.org, the suggested expression; a `v` before it is how most tags of versions are written. */
const SEMVER_TAG =
  /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
const TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;

/**
 * The tags of a commit's images: always its full SHA, then what the lines ask for. A line whose template has no value in
 * this run is left out and told, as docker/metadata-action does, so that one list serves branches, tags and pull requests.
 *
 * @throws ConfigurationError naming a tag that is not legal. It is never changed into a legal one, which might be another's.
 */
export function imageTagsFor(lines: readonly string[], commit: CommitContext): ImageTags {
  if (commit.sha === undefined) {
    throw new ConfigurationError(
      'tags: the commit is not known, after which the image is named. Run actions/checkout before this step, or set GITHUB_SHA.',
    );
  }
  const tags = new Set([commit.sha]);
  const skipped: string[] = [];
  for (const line of lines) {
    const missing = templatesIn(line).find((name) => templateValue(name, commit) === undefined);
    if (missing === undefined) tags.add(filledTag(line, commit));
    else skipped.push(`tags: "${line}" is left out: ${whyNoValue(missing, commit)}.`);
  }
  return { tags: [...tags], version: semverOf(commit), skipped };
}

function templatesIn(line: string): readonly TagTemplate[] {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TAG_TEMPLATES.find((template) => template === groups?.['name']);
    if (name !== undefined) return name;
    const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(', ');
    throw new ConfigurationError(`tags: {{${groups?.['name']}}} is not known; ${known} are.`);
  });
}

function filledTag(line: string, commit: CommitContext): string {
  const names = templatesIn(line);
  let next = 0;
  const tag = line.replaceAll(TEMPLATE, () => templateValue(names[next++], commit) ?? '');
  if (isTag(tag)) return tag;
  const from = names.length === 0 ? '' : ` (from ${line})`;
  throw new ConfigurationError(
    `tags: "${tag}"${from} is not a legal tag: ${TAG_RULE}.${tagAdvice(names, commit)}`,
  );
}

function tagAdvice(names: readonly TagTemplate[], commit: CommitContext): string {
  if (names.includes('branch'))
    return ` Write {{branch-slug}} for "${slugOf(branchOf(commit) ?? '') ?? ''}".`;
  if (names.includes('semver'))
    return ' An image tag has no "+", so versions with build metadata give none: tag the commit without it.';
  return '';
}

function templateValue(name: TagTemplate | undefined, commit: CommitContext): string | undefined {
  switch (name) {
    case 'branch':
      return branchOf(commit);
    case 'branch-slug':
      return slugOf(branchOf(commit) ?? '');
    case 'semver':
      return semverOf(commit);
    case 'sha7':
      return commit.sha?.slice(0, 7);
    case 'pr':
      return commit.pullRequest?.toString();
    case undefined:
      return undefined;
  }
}

function whyNoValue(name: TagTemplate, commit: CommitContext): string {
  const ref = commit.ref ?? 'another commit than the event names';
  switch (name) {
    case 'branch':
    case 'branch-slug':
      return `${ref} is no branch`;
    case 'semver':
      return `${ref} is no tag with a version such as v1.2.0`;
    case 'pr':
      return 'this run is not of a pull request';
    case 'sha7':
      return 'the commit is not known';
  }
}

/** The branch of a merge queue is GitHub's own and gone after the run. */
function branchOf({ ref }: CommitContext): string | undefined {
  const branch = /^refs\/heads\/(?<name>.+)$/.exec(ref ?? '')?.groups?.['name'];
  return branch?.startsWith('gh-readonly-queue/') ? undefined : branch;
}

function semverOf({ ref }: CommitContext): string | undefined {
  const tag = /^refs\/tags\/(?<name>.+)$/.exec(ref ?? '')?.groups?.['name'];
  return tag === undefined ? undefined : SEMVER_TAG.exec(tag)?.groups?.['version'];
}

/** `feature/x` → `feature-x`. */
function slugOf(branch: string): string | undefined {
  const legal = branch
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  return legal === '' ? undefined : legal;
}
