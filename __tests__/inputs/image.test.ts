import { describe, expect, test } from '@jest/globals';
import { DIGEST, likeTheRunner, refusal, request } from './runner.ts';

likeTheRunner();
const reference = (repository: string, tag?: string, digest?: string) => ({ repository, tag, digest });

describe('image of the main action', () => {
  test.each([
    ['', 'ghcr.io/me/shop.api'],
    ['ghcr.io/me/other', 'ghcr.io/me/other'],
    ['registry.example.com:5000/shop', 'registry.example.com:5000/shop'],
    ['shop', 'shop'],
  ])('%p is a repository to build to', (image, repository) => {
    expect(request('deliver', { image }).source).toMatchObject({ kind: 'build', repository });
  });

  test.each([
    [`me/shop@${DIGEST}`, [['', reference('me/shop', undefined, DIGEST)]]],
    ['localhost:5000/shop:v1', [['', reference('localhost:5000/shop', 'v1')]]],
    [`me/shop:v1@${DIGEST}`, [['', reference('me/shop', 'v1', DIGEST)]]],
    [
      `web=me/web@${DIGEST}\n\n api = me/api:v2 `,
      [
        ['web', reference('me/web', undefined, DIGEST)],
        ['api', reference('me/api', 'v2')],
      ],
    ],
    [
      `me/shop:v1\nweb=me/web@${DIGEST}`,
      [
        ['', reference('me/shop', 'v1')],
        ['web', reference('me/web', undefined, DIGEST)],
      ],
    ],
  ])('%p exists already', (image, images) => {
    const { source } = request('deliver', { image });
    expect(source).toEqual({ kind: 'existing', images: new Map(images as never) });
  });

  test.each([
    ['me/Shop', 'image: "me/Shop" is not an image reference. Repositories are lower case: "me/shop".'],
    [
      'me/shop@sha256:abc',
      'image: "me/shop@sha256:abc" has no valid digest. A digest is sha256: and 64 hex digits.',
    ],
    ['me/shop:', 'image: "" is not a legal tag (letters, digits, "_", "." and "-", at most 128).'],
    [
      'a:1\nb:1',
      'image: "b:1" is a second image without a service. For several services write lines of service=image.',
    ],
    [
      'web=a:1\nweb=b:1',
      'image: "b:1" is a second image for "web". For several services write lines of service=image.',
    ],
    [
      'web=me/web',
      'image: "me/web" for "web" has neither a digest nor a tag. Write me/web@sha256:… or me/web:tag.',
    ],
    [
      'me/shop\nweb=me/web:1',
      'image: "me/shop" has neither a digest nor a tag. Write me/shop@sha256:… or me/shop:tag.',
    ],
  ])('%p is refused', (image, message) => {
    expect(refusal('deliver', { image })).toBe(message);
  });
});

describe('image left out', () => {
  test('is refused where the name of the repository is none for an image', () => {
    process.env['GITHUB_REPOSITORY'] = 'me/-x-';
    expect(refusal('build', {})).toMatch(
      /^image: missing, and the repository "me\/-x-" gives no name for it\. Set image/,
    );
  });

  test('is refused on another server than github.com', () => {
    process.env['GITHUB_SERVER_URL'] = 'https://git.example.com';
    expect(refusal('build', {})).toMatch(
      /^image: missing, and ghcr\.io does not belong to https:\/\/git\.example\.com\. Set image/,
    );
  });
});

describe('image of build/', () => {
  test.each([
    ['me/shop:v1', 'Write image: me/shop and tags: v1.'],
    [`me/shop@${DIGEST}`, 'names an image that exists already'],
    ['web=me/web', 'build/ builds every service itself'],
    [`me/shop\nweb=me/web@${DIGEST}`, 'build/ builds every service itself'],
  ])('%p is refused', (image, message) => {
    expect(refusal('build', { image })).toContain(message);
  });
});

describe('image of deploy/', () => {
  test('is demanded', () => {
    expect(refusal('deploy', { image: '' })).toMatch(/^image: missing\. Give the image to deploy/);
  });

  test('has to be one that exists', () => {
    expect(refusal('deploy', { image: 'me/shop' })).toBe(
      'image: "me/shop" has neither a digest nor a tag. Write me/shop@sha256:… or me/shop:tag.',
    );
  });
});

describe('registry', () => {
  test('takes user and password together', () => {
    const given = { 'registry-username': 'me', 'registry-password': 'p4ss' };
    expect(request('build', given).registry.login).toEqual({ username: 'me', password: 'p4ss' });
    expect(refusal('build', { ...given, 'registry-password': '' })).toMatch(
      /^registry-password: missing, but registry-username/,
    );
    expect(refusal('build', { ...given, 'registry-username': '' })).toMatch(
      /^registry-username: missing, but registry-password/,
    );
  });

  test('does without the token when it is taken away', () => {
    expect(request('build', { 'github-token': '' }).registry.token).toBeUndefined();
  });
});
