import { describe, expect, test } from '@jest/globals';
import { buildTargetsOf, placeholderImage } from '../../src/image/build-targets.ts';
import type { ComposeConfig } from '../../src/model/release.ts';
import type { BuildOptions } from '../../src/model/request.ts';
import { OPTIONS } from './support/build.ts';

const REPOSITORY = 'ghcr.io/octo/shop';
const IMAGE = placeholderImage(REPOSITORY);

function plan(services: ComposeConfig['services'] | undefined, options: Partial<BuildOptions> = {}) {
  const config = services === undefined ? undefined : { services };
  const targets = buildTargetsOf(config, {
    kind: 'build',
    repository: REPOSITORY,
    options: { ...OPTIONS, ...options },
  });
  return targets.map(({ service, repository, imageKeys: keys }) => [service, repository, [...keys].sort()]);
}

const build = { context: '/w', dockerfile: 'Dockerfile' };

describe('what is built', () => {
  test("without a Compose file: the inputs' own image", () => {
    expect(plan(undefined)).toEqual([['', REPOSITORY, ['']]]);
  });

  test("a service of ${IMAGE} without build: is the inputs' own image", () => {
    expect(plan({ web: { image: IMAGE }, job: { image: IMAGE }, db: { image: 'redis' } })).toEqual([
      ['', REPOSITORY, ['', 'job', 'web']],
    ]);
  });

  test('the only service with build: is <image>, several are <image>-<service>', () => {
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

  test('image: beside build: gives the repository, without its tag', () => {
    expect(plan({ web: { build, image: 'registry.example.com:5000/me/web:dev' }, api: { build } })).toEqual([
      ['web', 'registry.example.com:5000/me/web', ['web']],
      ['api', `${REPOSITORY}-api`, ['api']],
    ]);
  });

  test('image: ${IMAGE} beside build: is what ${IMAGE} stands for, also elsewhere', () => {
    expect(plan({ web: { build, image: IMAGE }, job: { image: IMAGE } })).toEqual([
      ['web', REPOSITORY, ['', 'job', 'web']],
    ]);
  });

  test('services with the image of a built one share its digest', () => {
    expect(
      plan({
        web: { build, image: 'me/shop' },
        job: { image: 'me/shop:latest' },
        old: { image: 'me/shop:1' },
      }),
    ).toEqual([['web', 'me/shop', ['job', 'web']]]);
  });

  test('two services with the same image: and the same build: are one image', () => {
    expect(plan({ web: { build, image: 'me/shop' }, job: { build, image: 'me/shop' } })).toEqual([
      ['web', 'me/shop', ['job', 'web']],
    ]);
  });

  test('two builds that would have one name are refused', () => {
    const other = { context: '/other' };
    expect(() =>
      plan({ web: { build, image: 'me/shop:a' }, api: { build: other, image: 'me/shop:b' } }),
    ).toThrow(
      'compose-file: web and api are built differently and would both be me/shop. Give each service an image: of its own.',
    );
  });

  test('nothing to build', () => {
    expect(() => plan({ web: { image: 'nginx' } })).toThrow(
      'compose-file: nothing is to be built. No service has build: or image: ${IMAGE} (services: web).',
    );
  });

  test.each([
    ['file', { file: 'Dockerfile.prod' }, 'dockerfile:'],
    ['target', { target: 'prod' }, 'target:'],
    ['context', { context: 'app' }, 'context:'],
  ])('input %s has no effect where every service says itself how it is built', (input, options, key) => {
    expect(() => plan({ web: { build } }, options)).toThrow(`${input}: it has no effect`);
    expect(() => plan({ web: { build } }, options)).toThrow(key);
    expect(plan({ web: { build }, job: { image: IMAGE } }, options)).toHaveLength(2);
  });

  test('a name that is no repository is refused with the way out', () => {
    expect(() => plan({ 'web-': { build }, b: { build } })).toThrow('Give the service an image: of its own');
  });
});
