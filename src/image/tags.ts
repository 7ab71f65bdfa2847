import { ConfigurationError } from '../model/errors.ts';
import { isTag } from '../model/image.ts';
import { TEMPLATES, type Template } from '../model/tag-template.ts';
import type { CommitContext } from './context.ts';

export interface Tags {
  /** The commit's SHA first; no tag twice. */
  readonly tags: readonly string[];
  /** The version without `v`, where the ref is a tag that is one. */
  readonly version: string | undefined;
  /** Lines for the log: which of the wanted tags have no value in this run. */
  readonly skipped: readonly string[];
}

/** semver.org, the suggested expression; a `v` before it is how most tags of versions are written. */
const SEMVER =
  /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
const TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;
const LEGAL = 'letters, digits, "_", "." and "-", at most 128, not beginning with "." or "-"';

/**
 * The tags of a commit's images: always its full SHA, then what the lines ask for. A line whose template has no value in
 * this run is left out and told, as docker/metadata-action does, so that one list serves branches, tags and pull requests.
 *
 * @throws ConfigurationError naming a tag that is not legal. It is never changed into a legal one, which might be another's.
 */
export function tagsFor(lines: readonly string[], commit: CommitContext): Tags {
  if (commit.sha === undefined) {
    throw new ConfigurationError(
      'tags: the commit is not known, after which the image is named. Run actions/checkout before this step, or set GITHUB_SHA.',
    );
  }
  const tags = new Set([commit.sha]);
  const skipped: string[] = [];
  for (const line of lines) {
    const missing = namesIn(line).find((name) => templateValue(name, commit) === undefined);
    if (missing === undefined) tags.add(legal(line, commit));
    else skipped.push(`tags: "${line}" is left out: ${whyNone(missing, commit)}.`);
  }
  return { tags: [...tags], version: versionOf(commit), skipped };
}

function namesIn(line: string): readonly Template[] {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TEMPLATES.find((template) => template === groups?.['name']);
    if (name !== undefined) return name;
    const known = TEMPLATES.map((template) => `{{${template}}}`).join(', ');
    throw new ConfigurationError(`tags: {{${groups?.['name']}}} is not known; ${known} are.`);
  });
}

function legal(line: string, commit: CommitContext): string {
  const names = namesIn(line);
  let next = 0;
  const tag = line.replaceAll(TEMPLATE, () => templateValue(names[next++], commit) ?? '');
  if (isTag(tag)) return tag;
  const from = names.length === 0 ? '' : ` (from ${line})`;
  throw new ConfigurationError(`tags: "${tag}"${from} is not a legal tag: ${LEGAL}.${wayOut(names, commit)}`);
}

function wayOut(names: readonly Template[], commit: CommitContext): string {
  if (names.includes('branch')) return ` Write {{branch-slug}} for "${slug(branchOf(commit) ?? '') ?? ''}".`;
  if (names.includes('semver'))
    return ' An image tag has no "+", so versions with build metadata give none: tag the commit without it.';
  return '';
}

function templateValue(name: Template | undefined, commit: CommitContext): string | undefined {
  switch (name) {
    case 'branch':
      return branchOf(commit);
    case 'branch-slug':
      return slug(branchOf(commit) ?? '');
    case 'semver':
      return versionOf(commit);
    case 'sha7':
      return commit.sha?.slice(0, 7);
    case 'pr':
      return commit.pullRequest?.toString();
    case undefined:
      return undefined;
  }
}

function whyNone(name: Template, commit: CommitContext): string {
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

function versionOf({ ref }: CommitContext): string | undefined {
  const tag = /^refs\/tags\/(?<name>.+)$/.exec(ref ?? '')?.groups?.['name'];
  return tag === undefined ? undefined : SEMVER.exec(tag)?.groups?.['version'];
}

/** `feature/x` → `feature-x`. */
function slug(branch: string): string | undefined {
  const legal = branch
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  return legal === '' ? undefined : legal;
}
