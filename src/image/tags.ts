import { ConfigurationError } from '../model/errors.ts';
import { isTag, TAG_RULE, TAG_TEMPLATES, type TagTemplate } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';
import { byPlace } from '../model/place-words.ts';
import type { CommitContext } from './commit-context.ts';

export interface ImageTags {
  /** The commit's SHA first; no tag twice. */
  readonly tags: readonly string[];
  /** The version without `v`, if the ref is a version tag. */
  readonly version: string | undefined;
  /** Lines for the log: tags that have no value in this run. */
  readonly skipped: readonly string[];
}

/** semver.org, the suggested expression. Most version tags have a `v` before it. */
const SEMVER_TAG =
  /^v?(?<version>(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)$/;
const TEMPLATE = /\{\{\s*(?<name>[^}]*?)\s*\}\}/g;

/**
 * The tags of a commit's images: its full SHA, then one for each line. A line whose template has no value in this run is left
 * out and logged, as docker/metadata-action does, so that one list serves branches, tags and pull requests.
 *
 * @throws ConfigurationError that names an invalid tag. It is never changed into a valid one, which might be another's.
 */
export function imageTagsFor(lines: readonly string[], commit: CommitContext): ImageTags {
  if (commit.sha === undefined) {
    throw new ConfigurationError(
      `tags: the commit, which names the image, is not known. ${byPlace('Run actions/checkout before this step', 'Run sealift in the checkout')}, or set GITHUB_SHA.`,
    );
  }
  const values = templateValues(commit);
  const tags = new Set([commit.sha]);
  const skipped: string[] = [];
  for (const line of lines) {
    const names = templatesIn(line);
    const missing = names.find((name) => values[name] === undefined);
    if (missing !== undefined) {
      skipped.push(`${inputRef('tags')}: "${line}" is left out: ${whyNoValue(missing, commit)}.`);
      continue;
    }
    let next = 0;
    const tag = line.replaceAll(TEMPLATE, () => values[names[next++] ?? 'sha7'] ?? '');
    if (!isTag(tag)) throw invalidTagError(tag, line, names, values);
    tags.add(tag);
  }
  return { tags: [...tags], version: values.semver, skipped };
}

function templatesIn(line: string): readonly TagTemplate[] {
  return [...line.matchAll(TEMPLATE)].map(({ groups }) => {
    const name = TAG_TEMPLATES.find((template) => template === groups?.['name']);
    if (name !== undefined) return name;
    const known = TAG_TEMPLATES.map((template) => `{{${template}}}`).join(', ');
    throw new ConfigurationError(`tags: {{${groups?.['name']}}} is not known; ${known} are.`);
  });
}

type TemplateValues = Readonly<Record<TagTemplate, string | undefined>>;

function templateValues({ ref = '', sha, pullRequest }: CommitContext): TemplateValues {
  const { kind, name = '' } = /^refs\/(?<kind>heads|tags)\/(?<name>.+)$/.exec(ref)?.groups ?? {};
  // The branch of a merge queue is GitHub's own and is removed after the run.
  const branch = kind === 'heads' && !name.startsWith('gh-readonly-queue/') ? name : undefined;
  return {
    branch,
    'branch-slug': branch && slugOf(branch),
    semver: kind === 'tags' ? SEMVER_TAG.exec(name)?.groups?.['version'] : undefined,
    sha7: sha?.slice(0, 7),
    pr: pullRequest?.toString(),
  };
}

/** `feature/x` → `feature-x`. */
function slugOf(branch: string): string | undefined {
  const valid = branch.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[.-]+/, '');
  return valid.slice(0, 128) || undefined;
}

function whyNoValue(name: TagTemplate, commit: CommitContext): string {
  const ref = commit.ref ?? 'a commit that the event does not name';
  if (name === 'pr') return 'this run is not for a pull request';
  return name === 'semver' ? `${ref} is no tag with a version such as v1.2.0` : `${ref} is no branch`;
}

function invalidTagError(
  tag: string,
  line: string,
  names: readonly TagTemplate[],
  values: TemplateValues,
): ConfigurationError {
  const origin = names.length === 0 ? '' : ` (from ${line})`;
  const advice = names.includes('branch')
    ? ` Write {{branch-slug}} for "${values['branch-slug'] ?? ''}".`
    : names.includes('semver')
      ? ' An image tag has no "+", and this version has one (build metadata): give the commit a Git tag without it.'
      : '';
  return new ConfigurationError(`tags: "${tag}"${origin} is not a valid tag: ${TAG_RULE}.${advice}`);
}
