import { describe, expect, test } from '@jest/globals';
import { buildTargetsOf, imageNameNotices } from '../../src/image/build-targets.ts';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
import { placeholderImage } from '../../src/model/image.ts';
import type { BuildOptions } from '../../src/model/image-source.ts';
import { buildSource, OPTIONS } from './support/build.ts';

const REPOSITORY = 'ghcr.io/octo/shop';
const IMAGE = placeholderImage(REPOSITORY);

function targetsOf(services: ComposeConfig['services'] | undefined, options: Partial<BuildOptions> = {}) {
  const config = services === undefined ? undefined : { services };
  return buildTargetsOf(config, buildSource(REPOSITORY, { ...OPTIONS, ...options }));
}

function plan(services: ComposeConfig['services'] | undefined, options: Partial<BuildOptions> = {}) {
  return targetsOf(services, options).map(({ service, repository, imageKeys: keys }) => [
    service,
    repository,
    [...keys].sort(),
  ]);
}

const build = { context: '/w', dockerfile: 'Dockerfile' };
const second = { ...build, target: 'second' };

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
    expect(plan({ web: { build }, API: { build: second } })).toEqual([
      ['web', `${REPOSITORY}-web`, ['web']],
      ['API', `${REPOSITORY}-api`, ['API']],
    ]);
    expect(plan({ web: { build }, job: { image: IMAGE } })).toEqual([
      ['', REPOSITORY, ['', 'job']],
      ['web', `${REPOSITORY}-web`, ['web']],
    ]);
  });

  test('takes the repository from image: beside build:, without its tag', () => {
    expect(
      plan({ web: { build, image: 'registry.example.com:5000/me/web:dev' }, api: { build: second } }),
    ).toEqual([
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

  test('builds one image for services with the same build:, with and without image:', () => {
    const one = [['web', 'me/shop', ['job', 'web']]];
    expect(plan({ web: { build, image: 'me/shop' }, job: { build, image: 'me/shop' } })).toEqual(one);
    expect(plan({ web: { build, image: 'me/shop:web' }, job: { build, image: 'me/shop:job' } })).toEqual(one);
    expect(plan({ web: { build }, job: { build, image: 'me/shop' } })).toEqual(one);
    expect(plan({ web: { build }, job: { build } })).toEqual([['web', REPOSITORY, ['job', 'web']]]);
    expect(plan({ web: { build }, job: { build, image: IMAGE }, run: { image: IMAGE } })).toEqual([
      ['web', REPOSITORY, ['', 'job', 'run', 'web']],
    ]);
    expect(plan({ web: { build }, job: { build }, api: { build: second } })).toEqual([
      ['web', `${REPOSITORY}-web`, ['job', 'web']],
      ['api', `${REPOSITORY}-api`, ['api']],
    ]);
  });

  test('names an image with several names in image: after the first that is an address, and pushes it to the others too', () => {
    const services = {
      web: { build, image: 'shop-web' },
      job: { build, image: 'registry.example.com/job:1' },
      cron: { build, image: 'me/cron' },
      more: { build, image: 'registry.example.com/job:2' },
    };
    expect(targetsOf(services)).toMatchObject([
      {
        repository: 'registry.example.com/job',
        otherRepositories: ['me/cron'],
        localName: undefined,
        imageKeys: ['web', 'job', 'cron', 'more'],
      },
    ]);
  });

  describe('with a name in image: that is no address of a registry', () => {
    test.each([
      ['ghcr.io/octo/shop', 'app-php', 'ghcr.io/octo/shop/app-php'],
      ['registry.example.com:5000/shop', 'app-php:dev', 'registry.example.com:5000/shop/app-php'],
      ['octo/shop', 'app-php', 'octo/shop-app-php'],
      ['index.docker.io/octo/shop', 'redis:7', 'index.docker.io/octo/shop-redis'],
    ])('pushes it below the input image: %s, %s', (repository, image, pushed) => {
      const source = buildSource(repository);
      const targets = buildTargetsOf({ services: { php: { build, image }, job: { image } } }, source);
      expect(targets).toMatchObject([{ service: 'php', repository: pushed, imageKeys: ['php', 'job'] }]);
      expect(imageNameNotices(targets, source)).toEqual([
        `compose-file: image: ${image.replace(/:.*/, '')} of service php names no registry, so the image is pushed as ${pushed}. For another name, write it with its registry.`,
      ]);
    });

    test('does not touch names of other services, which are images of Docker Hub', () => {
      expect(plan({ php: { build, image: 'app-php' }, db: { image: 'postgres:17' } })).toEqual([
        ['php', `${REPOSITORY}/app-php`, ['php']],
      ]);
    });
  });

  describe('with the input image', () => {
    const named = {
      web: { build, image: 'me/web' },
      api: { build: second, image: 'registry.example.com/api' },
    };
    const notices = (services: ComposeConfig['services'], isRepositoryGiven = true) => {
      const source = { ...buildSource(REPOSITORY), isRepositoryGiven };
      return imageNameNotices(buildTargetsOf({ services }, source), source);
    };

    test('says if it is not used', () => {
      expect(notices(named)).toEqual([
        'image: ghcr.io/octo/shop is not used, because each service that is built has another name in image: of the Compose file (web: me/web, api: registry.example.com/api). Write image: ${IMAGE} there, or remove the input.',
      ]);
      expect(notices(named, false)).toEqual([]);
    });

    test('says nothing if one image has its name', () => {
      expect(notices({ ...named, job: { image: IMAGE } })).toEqual([]);
      expect(notices({ ...named, job: { build: { ...build, target: 'third' } } })).toEqual([]);
    });
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
    expect(() => plan({ 'web-': { build }, b: { build: second } })).toThrow(
      'Give the service an image: of its own',
    );
  });
});
