import { describe, expect, test } from '@jest/globals';
import { buildTargetsOf } from '../../src/image/build-targets.ts';
import { placeholderImage } from '../../src/model/image.ts';
import type { ComposeConfig } from '../../src/model/release.ts';
import type { BuildOptions } from '../../src/model/request.ts';
import { buildSource, OPTIONS } from './support/build.ts';

const REPOSITORY = 'ghcr.io/octo/shop';
const IMAGE = placeholderImage(REPOSITORY);

function plan(services: ComposeConfig['services'] | undefined, options: Partial<BuildOptions> = {}) {
  const config = services === undefined ? undefined : { services };
  const targets = buildTargetsOf(config, buildSource(REPOSITORY, { ...OPTIONS, ...options }));
  return targets.map(({ service, repository, imageKeys: keys }) => [service, repository, [...keys].sort()]);
}

const build = { context: '/w', dockerfile: 'Dockerfile' };

describe('buildTargetsOf', () => {
  test("without a Compose file, builds the inputs' own image", () => {
    expect(plan(undefined)).toEqual([['', REPOSITORY, ['']]]);
  });

  test("builds the inputs' own image for services of ${IMAGE} without build:", () => {
    expect(plan({ web: { image: IMAGE }, job: { image: IMAGE }, db: { image: 'redis' } })).toEqual([
      ['', REPOSITORY, ['', 'job', 'web']],
    ]);
  });

  test('names the image of the only service with build: <image>, and those of several <image>-<service>', () => {
    expect(plan({ web: { build } })).toEqual([['web', REPOSITORY, ['web']]]);
    expect(plan({ web: { build }, API: { build } })).toEqual([
      ['web', `${REPOSITORY}-web`, ['web']],
      ['API', `${REPOSITORY}-api`, ['API']],
    ]);
    expect(plan({ web: { build }, job: { image: IMAGE } })).toEqual([
      ['', REPOSITORY, ['', 'job']],
      ['web', `${REPOSITORY}-web`, ['web']],
    ]);
  });

  test('takes the repository from image: beside build:, without its tag', () => {
    expect(plan({ web: { build, image: 'registry.example.com:5000/me/web:dev' }, api: { build } })).toEqual([
      ['web', 'registry.example.com:5000/me/web', ['web']],
      ['api', `${REPOSITORY}-api`, ['api']],
    ]);
  });

  test('uses the image of a service with build: and image: ${IMAGE} for every ${IMAGE}', () => {
    expect(plan({ web: { build, image: IMAGE }, job: { image: IMAGE } })).toEqual([
      ['web', REPOSITORY, ['', 'job', 'web']],
    ]);
  });

  test('gives the digest of a built image to all services with the same image:', () => {
    expect(
      plan({
        web: { build, image: 'me/shop' },
        job: { image: 'me/shop:latest' },
        old: { image: 'me/shop:1' },
      }),
    ).toEqual([['web', 'me/shop', ['job', 'web']]]);
  });

  test('builds one image for two services with the same image: and the same build:', () => {
    expect(plan({ web: { build, image: 'me/shop' }, job: { build, image: 'me/shop' } })).toEqual([
      ['web', 'me/shop', ['job', 'web']],
    ]);
  });

  test('rejects two different builds with the same image name', () => {
    const other = { context: '/other' };
    expect(() =>
      plan({ web: { build, image: 'me/shop:a' }, api: { build: other, image: 'me/shop:b' } }),
    ).toThrow(
      'compose-file: web and api are built differently and would both be me/shop. Give each service an image: of its own.',
    );
  });

  test('rejects a Compose file with nothing to build', () => {
    expect(() => plan({ web: { image: 'nginx' } })).toThrow(
      'compose-file: there is nothing to build. No service has build: or image: ${IMAGE} (services: web).',
    );
  });

  test.each([
    ['file', { file: 'Dockerfile.prod' }, 'dockerfile:'],
    ['target', { target: 'prod' }, 'target:'],
    ['context', { context: 'app' }, 'context:'],
  ])('rejects input %s if every service says itself how it is built', (input, options, key) => {
    expect(() => plan({ web: { build } }, options)).toThrow(`${input}: it has no effect`);
    expect(() => plan({ web: { build } }, options)).toThrow(key);
    expect(plan({ web: { build }, job: { image: IMAGE } }, options)).toHaveLength(2);
  });

  test('rejects a service whose name gives no legal repository, and says how to fix it', () => {
    expect(() => plan({ 'web-': { build }, b: { build } })).toThrow('Give the service an image: of its own');
  });
});
