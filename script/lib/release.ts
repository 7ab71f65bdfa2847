import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const USAGE = 'Usage: script/release notes|major vN.N.N';

/** The numbers of a tag of a release; `undefined` for any other tag, such as `v1` or `v2.0.0-rc.1`. */
function versionOf(tag: string): readonly [number, number, number] | undefined {
  const match = /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(tag);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/**
 * The section of a version in a changelog, without its heading.
 * @throws Error if there is none, or nothing in it
 */
function notesOf(changelog: string, tag: string): string {
  const headings = [...changelog.matchAll(/^## .*$/gm)];
  const at = headings.findIndex(([heading]) => heading.startsWith(`## [${tag.slice(1)}]`));
  const [heading] = headings[at] ?? [];
  const text = changelog.slice((headings[at]?.index ?? 0) + (heading?.length ?? 0), headings[at + 1]?.index);
  if (heading === undefined || text.trim() === '') {
    throw new Error(
      `CHANGELOG.md says nothing of ${tag}. Move what is under "Unreleased" to "## [${tag.slice(1)}] - <date>", commit it, and tag that commit.`,
    );
  }
  return text.trim();
}

/** The tag of the major version, if the release is the latest one of it. */
function majorTagOf(tag: string, allTags: readonly string[]): string | undefined {
  const [major, ...rest] = versionOf(tag) ?? [];
  const isLater = (other: string): boolean => {
    const [otherMajor, ...others] = versionOf(other) ?? [];
    const [minor = 0, patch = 0] = rest;
    const [otherMinor = 0, otherPatch = 0] = others;
    return otherMajor === major && (otherMinor > minor || (otherMinor === minor && otherPatch > patch));
  };
  return allTags.some(isLater) ? undefined : `v${major}`;
}

function main(question: string | undefined, tag = ''): void {
  if (versionOf(tag) === undefined) throw new Error(USAGE);
  if (question === 'notes') {
    console.log(notesOf(readFileSync('CHANGELOG.md', 'utf8'), tag));
  } else if (question === 'major') {
    const tags = execFileSync('git', ['tag', '--list'], { encoding: 'utf8' }).split('\n');
    const major = majorTagOf(tag, tags);
    if (major !== undefined) console.log(major);
  } else {
    throw new Error(USAGE);
  }
}

try {
  main(process.argv[2], process.argv[3]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
