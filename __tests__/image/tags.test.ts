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
  test('begin with the full SHA', () => {
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
  ])('fill in %s', (line, commit, tag) => {
    expect(imageTagsFor([line], commit).tags).toEqual([SHA, tag]);
  });

  test('give the version for the labels if the ref is a version tag', () => {
    expect(imageTagsFor([], on('refs/tags/v1.2.3')).version).toBe('1.2.3');
    expect(imageTagsFor([], on('refs/tags/nightly')).version).toBeUndefined();
  });

  test.each([
    ['{{semver}}', on('refs/heads/main'), 'refs/heads/main is no tag with a version'],
    ['{{semver}}', on('refs/tags/v1.2'), 'refs/tags/v1.2 is no tag with a version'],
    ['{{semver}}', on('refs/tags/v01.2.3'), 'is no tag with a version'],
    ['{{branch}}', on('refs/tags/v1.2.3'), 'refs/tags/v1.2.3 is no branch'],
    ['{{branch}}', on('refs/heads/gh-readonly-queue/main/pr-1-abc'), 'is no branch'],
    ['{{branch}}', on(undefined), 'a commit that the event does not name is no branch'],
    ['pr-{{pr}}', on('refs/heads/main'), 'this run is not for a pull request'],
  ])('leave out %s without a value, and say why', (line, commit, why) => {
    const { tags, skipped } = imageTagsFor([line], commit);
    expect(tags).toEqual([SHA]);
    expect(skipped).toEqual([expect.stringContaining(`tags: "${line}" is left out: `)]);
    expect(skipped[0]).toContain(why);
  });

  test.each([
    [
      '{{branch}}',
      on('refs/heads/feature/x'),
      'tags: "feature/x" (from {{branch}}) is not a valid tag',
      'Write {{branch-slug}} for "feature-x".',
    ],
    [
      '{{semver}}',
      on('refs/tags/v1.2.3+build.5'),
      'tags: "1.2.3+build.5" (from {{semver}}) is not a valid tag',
      'no "+"',
    ],
    ['a b', COMMIT, 'tags: "a b" is not a valid tag', 'letters, digits'],
    ['-x', COMMIT, 'tags: "-x" is not a valid tag', 'not beginning with'],
    ['x'.repeat(129), COMMIT, 'is not a valid tag', 'at most 128'],
    ['{{tag}}', COMMIT, 'tags: {{tag}} is not known', '{{semver}}'],
  ])('are rejected for the illegal tag %s, which the error names', (line, commit, message, advice) => {
    expect(() => imageTagsFor([line], commit)).toThrow(message);
    expect(() => imageTagsFor([line], commit)).toThrow(advice);
  });

  test('are rejected without a commit', () => {
    expect(() => imageTagsFor([], { ...COMMIT, sha: undefined })).toThrow(
      'Run actions/checkout before this step',
    );
  });
});
