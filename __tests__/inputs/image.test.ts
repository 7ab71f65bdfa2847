import { describe, expect, test } from '@jest/globals';
import { DIGEST, inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
const reference = (repository: string, tag?: string, digest?: string) => ({ repository, tag, digest });

describe('the input image of the main action', () => {
  test.each([
    ['', 'ghcr.io/me/shop.api'],
    ['ghcr.io/me/other', 'ghcr.io/me/other'],
    ['registry.example.com:5000/shop', 'registry.example.com:5000/shop'],
    ['shop', 'shop'],
  ])('is a repository to push to with the value %p', (image, repository) => {
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
  ])('names existing images with the value %p', (image, images) => {
    const { source } = request('deliver', { image });
    expect(source).toEqual({ kind: 'existing', images: new Map(images as never) });
  });

  test.each([
    ['me/Shop', 'image: "me/Shop" is not an image reference. Write it in lower case: "me/shop".'],
    [
      'me/shop@sha256:abc',
      'image: "me/shop@sha256:abc" has no valid digest. A digest is sha256: and 64 hex digits.',
    ],
    [
      'me/shop:',
      'image: "" in "me/shop:" is not a valid tag. Write at most 128 letters, digits, "_", "." and "-", not beginning with "." or "-".',
    ],
    ['me shop', 'image: "me shop" is not an image reference. Write repository:tag or repository@sha256:….'],
    [
      'a:1\nb:1',
      'image: "b:1" is a second image without a service. Write one line of service=image for each service.',
    ],
    [
      'web=a:1\nweb=b:1',
      'image: "b:1" is a second image for "web". Write one line of service=image for each service.',
    ],
    [
      'web=me/web',
      'image: "me/web" for "web" has neither a digest nor a tag. Write me/web@sha256:… or me/web:tag.',
    ],
    [
      'me/shop\nweb=me/web:1',
      'image: "me/shop" has neither a digest nor a tag. Write me/shop@sha256:… or me/shop:tag.',
    ],
  ])('is refused with the value %p', (image, message) => {
    expect(inputError('deliver', { image })).toBe(message);
  });
});

describe('a missing input image', () => {
  test('is refused if the name of the GitHub repository is not legal for an image', () => {
    process.env['GITHUB_REPOSITORY'] = 'me/-x-';
    expect(inputError('build', {})).toMatch(
      /^image: missing, and the repository name "me\/-x-" can't be used instead\. Set it to a repository/,
    );
  });

  test('is refused on another server than github.com', () => {
    process.env['GITHUB_SERVER_URL'] = 'https://git.example.com';
    expect(inputError('build', {})).toMatch(
      /^image: missing, and ghcr\.io does not belong to https:\/\/git\.example\.com\. Set it to a repository/,
    );
  });
});

describe('the input image of build/', () => {
  test.each([
    ['me/shop:v1', 'Write image: me/shop and tags: v1.'],
    [
      `me/shop@${DIGEST}`,
      'a digest names an image that exists already. Write the repository to push to: image: me/shop.',
    ],
    ['web=me/web', 'build/ takes one repository, not lines of service=image.'],
    [`me/shop\nweb=me/web@${DIGEST}`, 'build/ takes one repository, not lines of service=image.'],
  ])('is refused with the value %p', (image, message) => {
    expect(inputError('build', { image })).toContain(message);
  });
});

describe('the input image of deploy/', () => {
  test('is required', () => {
    expect(inputError('deploy', { image: '' })).toMatch(/^image: missing\. Set it to the image to deploy/);
  });

  test('is refused if it is a repository only', () => {
    expect(inputError('deploy', { image: 'me/shop' })).toBe(
      'image: "me/shop" has neither a digest nor a tag. Write me/shop@sha256:… or me/shop:tag.',
    );
  });
});

describe('the login to a registry', () => {
  test('needs both user name and password, or neither', () => {
    const given = { 'registry-username': 'me', 'registry-password': 'p4ss' };
    expect(request('build', given).registry.login).toEqual({ username: 'me', password: 'p4ss' });
    expect(inputError('build', { ...given, 'registry-password': '' })).toMatch(
      /^registry-password: missing, but "registry-username"/,
    );
    expect(inputError('build', { ...given, 'registry-username': '' })).toMatch(
      /^registry-username: missing, but "registry-password"/,
    );
  });

  test('has no token if github-token is set to an empty text', () => {
    expect(request('build', { 'github-token': '' }).registry.token).toBeUndefined();
  });
});
