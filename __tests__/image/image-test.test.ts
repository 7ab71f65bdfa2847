import { describe, expect, test } from '@jest/globals';
import type { ImageBuild } from '../../src/image/build-targets.ts';
import { imageTestsFor } from '../../src/image/image-test.ts';
import { isSamePlatform, testPlatform } from '../../src/image/platforms.ts';
import { readBakeMetadata } from '../../src/image/run-bake.ts';
import { isInsecureRegistry } from '../../src/registry/insecure-registries.ts';

const target = (service: string, ...more: string[]): ImageBuild => ({
  service,
  repository: `me/${service || 'shop'}`,
  otherRepositories: [],
  localName: undefined,
  imageKeys: [service, ...more],
  build: undefined,
  platform: undefined,
  secrets: {},
});

describe('image tests', () => {
  test('for the only image need no name, and can be several', () => {
    expect(imageTestsFor([target('')], new Map([['', ['pytest -q', 'ruff check']]]))).toEqual(
      new Map([
        [
          '',
          [
            ['pytest', '-q'],
            ['ruff', 'check'],
          ],
        ],
      ]),
    );
    expect(imageTestsFor([target('web')], new Map([['', ['true']]]))).toEqual(new Map([['web', [['true']]]]));
  });

  test('for several images are assigned by service, also by one that shares the image', () => {
    const tests = new Map([
      ['web', ['a']],
      ['job', ['b']],
    ]);
    expect(imageTestsFor([target('web'), target('api', 'job')], tests)).toEqual(
      new Map([
        ['web', [['a']]],
        ['api', [['b']]],
      ]),
    );
  });

  test('without a name are rejected if several images are built', () => {
    expect(() => imageTestsFor([target('web'), target('api')], new Map([['', ['pytest -q']]]))).toThrow(
      'test: several images are built (web, api). Write which one the command is for: web=pytest -q',
    );
  });

  test('for a service that is not built are rejected', () => {
    expect(() => imageTestsFor([target('web')], new Map([['wbe', ['x']]]))).toThrow(
      'test: no image is built for "wbe"; images are built for web.',
    );
  });
});

test("the tested platform is the runner's own if it is built, else the first one", () => {
  expect(testPlatform(['linux/arm64', 'linux/amd64'], 'linux/amd64')).toBe('linux/amd64');
  expect(testPlatform(['linux/arm64/v8'], 'linux/arm64')).toBe('linux/arm64/v8');
  expect(testPlatform(['linux/arm64', 's390x'], 'linux/amd64')).toBe('linux/arm64');
  expect(testPlatform([], 'linux/amd64')).toBeUndefined();
  expect(isSamePlatform('linux/arm', 'linux/arm/v7')).toBe(true);
  expect(isSamePlatform('linux/arm/v6', 'linux/arm/v7')).toBe(false);
});

describe('plain HTTP is allowed only for registries that the engine names as insecure', () => {
  const config = {
    InsecureRegistryCIDRs: ['172.31.128.0/24', '127.0.0.0/8', '::1/128'],
    IndexConfigs: { 'named:5000': { Secure: false }, 'docker.io': { Secure: true } },
  };
  test.each([
    ['172.31.128.1:5000', true],
    ['172.31.129.1:5000', false],
    ['127.0.0.1', true],
    ['[::1]:5000', true],
    ['named:5000', true],
    ['docker.io', false],
    ['no-such-host.invalid', false],
  ])('%s', async (registry, insecure) => {
    expect(await isInsecureRegistry(registry, config)).toBe(insecure);
  });
});

test('bake metadata without an entry for an image are an error', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const json = JSON.stringify({
    web: { 'containerimage.digest': digest, 'containerimage.config.digest': 'odd' },
  });
  expect(readBakeMetadata(json, ['web'])).toEqual(new Map([['web', { digest, config: undefined }]]));
  expect(() => readBakeMetadata(json, ['api'])).toThrow(
    'docker buildx reported nothing about the image "api" that it built.',
  );
});
