import { describe, expect, test } from '@jest/globals';
import type { CommitContext } from '../../src/image/commit-context.ts';
import { imageTagsFor } from '../../src/image/tags.ts';
import { COMMIT } from './support/build.ts';

const SHA = COMMIT.sha ?? '';
const on = (ref: string | undefined, more: Partial<CommitContext> = {}): CommitContext => ({
  ...COMMIT,
  ref,
  ...more,
});

describe('the tags of a commit', () => {
  test('the full SHA always, and first', () => {
    expect(imageTagsFor([], COMMIT).tags).toEqual([SHA]);
    expect(imageTagsFor(['latest', SHA, 'latest'], COMMIT).tags).toEqual([SHA, 'latest']);
  });

  test.each([
    ['{{branch}}', on('refs/heads/main'), 'main'],
    ['{{ branch }}-{{sha7}}', on('refs/heads/main'), 'main-0123456'],
    ['{{branch-slug}}', on('refs/heads/feature/x y'), 'feature-x-y'],
    ['{{branch-slug}}', on('refs/heads/renovate/@types/node'), 'renovate-types-node'],
    ['{{semver}}', on('refs/tags/v1.2.3'), '1.2.3'],
    ['{{semver}}', on('refs/tags/1.2.3-rc.1'), '1.2.3-rc.1'],
    ['{{sha7}}', on('refs/heads/main'), '0123456'],
    ['pr-{{pr}}', on('refs/pull/12/merge', { pullRequest: 12 }), 'pr-12'],
    ['1.0.0', on(undefined), '1.0.0'],
  ])('%s', (line, commit, tag) => {
    expect(imageTagsFor([line], commit).tags).toEqual([SHA, tag]);
  });

  test('the version of the labels is that of the tag', () => {
    expect(imageTagsFor([], on('refs/tags/v1.2.3')).version).toBe('1.2.3');
    expect(imageTagsFor([], on('refs/tags/nightly')).version).toBeUndefined();
  });

  test.each([
    ['{{semver}}', on('refs/heads/main'), 'refs/heads/main is no tag with a version'],
    ['{{semver}}', on('refs/tags/v1.2'), 'refs/tags/v1.2 is no tag with a version'],
    ['{{semver}}', on('refs/tags/v01.2.3'), 'is no tag with a version'],
    ['{{branch}}', on('refs/tags/v1.2.3'), 'refs/tags/v1.2.3 is no branch'],
    ['{{branch}}', on('refs/heads/gh-readonly-queue/main/pr-1-abc'), 'is no branch'],
    ['{{branch}}', on(undefined), 'another commit than the event names is no branch'],
    ['pr-{{pr}}', on('refs/heads/main'), 'this run is not of a pull request'],
  ])('%s without a value is left out and told', (line, commit, why) => {
    const { tags, skipped } = imageTagsFor([line], commit);
    expect(tags).toEqual([SHA]);
    expect(skipped).toEqual([expect.stringContaining(`tags: "${line}" is left out: `)]);
    expect(skipped[0]).toContain(why);
  });

  test.each([
    [
      '{{branch}}',
      on('refs/heads/feature/x'),
      'tags: "feature/x" (from {{branch}}) is not a legal tag',
      'Write {{branch-slug}} for "feature-x".',
    ],
    [
      '{{semver}}',
      on('refs/tags/v1.2.3+build.5'),
      'tags: "1.2.3+build.5" (from {{semver}}) is not a legal tag',
      'no "+"',
    ],
    ['a b', COMMIT, 'tags: "a b" is not a legal tag', 'letters, digits'],
    ['-x', COMMIT, 'tags: "-x" is not a legal tag', 'not beginning with'],
    ['x'.repeat(129), COMMIT, 'is not a legal tag', 'at most 128'],
    ['{{tag}}', COMMIT, 'tags: {{tag}} is not known', '{{semver}}'],
  ])('%s that is not legal is an error naming it', (line, commit, what, way) => {
    expect(() => imageTagsFor([line], commit)).toThrow(what);
    expect(() => imageTagsFor([line], commit)).toThrow(way);
  });

  test('without a commit there is no name', () => {
    expect(() => imageTagsFor([], { ...COMMIT, sha: undefined })).toThrow(
      'Run actions/checkout before this step',
    );
  });
});
