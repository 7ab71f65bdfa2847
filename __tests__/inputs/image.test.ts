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
    const isRepositoryGiven = image !== '';
    expect(request('deliver', { image }).source).toMatchObject({
      kind: 'build',
      repository,
      isRepositoryGiven,
    });
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
    expect(source).toEqual({ kind: 'existing', images: new Map(images as never), transfer: 'registry' });
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
  const given = { 'registry-username': 'me', 'registry-password': 'p4ss' };
  const me = { username: 'me', password: 'p4ss' };

  test('needs both user name and password, or neither', () => {
    expect(request('build', {}).registry).toMatchObject({ logins: [], unnamed: undefined });
    expect(inputError('build', { ...given, 'registry-password': '' })).toMatch(
      /^registry-password: missing, but "registry-username"/,
    );
    expect(inputError('build', { ...given, 'registry-username': '' })).toMatch(
      /^registry-username: missing, but "registry-password"/,
    );
  });

  test.each([
    ['build', { image: 'registry.example.com:5000/me/shop' }, 'registry.example.com:5000'],
    ['build', { image: 'shop' }, 'docker.io'],
    ['build', { image: 'index.docker.io/me/shop' }, 'docker.io'],
    ['deliver', { image: `registry.example.com/me/shop@${DIGEST}` }, 'registry.example.com'],
    ['deploy', { image: 'web=a.example.com/web:1\napi=a.example.com/api:1' }, 'a.example.com'],
  ] as const)('is for the registry of the input image: %s %p', (command, inputs, registry) => {
    expect(request(command, { ...given, ...inputs }).registry).toMatchObject({
      logins: [{ registry, ...me }],
      unnamed: undefined,
    });
  });

  test('is for no registry as long as the input image names none', () => {
    for (const command of ['build', 'deliver', 'rollback'] as const)
      expect(request(command, given).registry).toMatchObject({ logins: [], unnamed: me });
  });

  test('is refused if the input image names several registries', () => {
    const image = `web=ghcr.io/me/web@${DIGEST}\napi=b.example.com/api:1`;
    expect(inputError('deploy', { ...given, image })).toBe(
      'registry-username: the images are in several registries (ghcr.io, b.example.com), and one login can\'t serve several registries. Write the registry that it is for: "ghcr.io=user" on a line of "registry-username" and "ghcr.io=password" on a line of "registry-password".',
    );
  });

  test('is for several registries if its lines name them, whatever the input image says', () => {
    const lines = {
      'registry-username': 'registry.example.com=me\nindex.docker.io = you\n[::1]:5000=ci',
      'registry-password': 'docker.io=a=b==\n\nregistry.example.com=p4ss\n[::1]:5000="line 1\nline 2"',
    };
    for (const image of ['', 'a.example.com/shop', `web=ghcr.io/me/web@${DIGEST}\napi=b.example.com/api:1`])
      expect(request('deliver', { ...lines, image }).registry).toMatchObject({
        logins: [
          { registry: 'registry.example.com', ...me },
          { registry: 'docker.io', username: 'you', password: 'a=b==' },
          { registry: '[::1]:5000', username: 'ci', password: 'line 1\nline 2' },
        ],
        unnamed: undefined,
      });
  });

  test.each([
    [
      { 'registry-username': 'a.example.com=me\nb.example.com=you', 'registry-password': 'a.example.com=x' },
      'registry-password: there is no password for b.example.com, which "registry-username" has. Write b.example.com=password on a line, and check that the secret exists and that this job may read it.',
    ],
    [
      { 'registry-username': 'a.example.com=me', 'registry-password': 'a.example.com=' },
      'registry-password: there is no password for a.example.com, which "registry-username" has. Write a.example.com=password on a line, and check that the secret exists and that this job may read it.',
    ],
    [
      { 'registry-username': 'a.example.com=me', 'registry-password': 'a.example.com=x\nb.example.com=y' },
      'registry-username: there is no line for b.example.com, but "registry-password" has one. Write b.example.com=user.',
    ],
    [
      { 'registry-username': 'a.example.com=me', 'registry-password': 'hunter2' },
      'registry-password, line 1: not KEY=VALUE.',
    ],
    [
      { 'registry-username': 'https://index.docker.io/v1/=me', 'registry-password': 'docker.io=x' },
      'registry-username, line 1: the name before "=" is not valid. Write the host of a registry as image names have it: registry.example.com, docker.io.',
    ],
    [
      { 'registry-username': 'shop=me', 'registry-password': 'shop=x' },
      'registry-username, line 1: the name before "=" is not valid. Write the host of a registry as image names have it: registry.example.com, docker.io.',
    ],
  ])('is refused with lines that do not fit together: %p', (inputs, message) => {
    expect(inputError('build', inputs)).toBe(message);
  });

  test('has no token if github-token is set to an empty text', () => {
    expect(request('build', { 'github-token': '' }).registry.token).toBeUndefined();
  });

  test('has no token of a GitHub Enterprise Server, which is not for ghcr.io', () => {
    process.env['GITHUB_SERVER_URL'] = 'https://git.example.com';
    const { registry, gate } = request('deploy', { 'github-token': 'ghs_abc' });
    expect(registry.token).toBeUndefined();
    expect(gate.token).toBe('ghs_abc');
  });
});

describe('the input image-transfer', () => {
  test.each(['deliver', 'build', 'deploy', 'export'] as const)(
    'of %s says how images come to the hosts',
    (command) => {
      const image = command === 'deploy' || command === 'export' ? { image: `me/shop@${DIGEST}` } : {};
      expect(request(command, image).source.transfer).toBe('registry');
      expect(request(command, { ...image, 'image-transfer': 'direct' }).source.transfer).toBe('direct');
      expect(inputError(command, { ...image, 'image-transfer': 'ssh' })).toBe(
        'image-transfer: "ssh" is not one of registry, direct.',
      );
    },
  );
});
