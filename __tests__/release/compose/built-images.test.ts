import { describe, expect, test } from '@jest/globals';
import type { ComposeConfig } from '../../../src/model/compose-config.ts';
import { builtImagesOf } from '../../../src/release/compose/built-images.ts';

const build = { context: '/w', dockerfile: 'Dockerfile' };

/** Services and names of each image. */
const imagesOf = (services: ComposeConfig['services']) =>
  builtImagesOf({ services }).map(({ services: users, names }) => [users.join(' '), names.join(' ')]);

describe('the images that a Compose file builds', () => {
  test('are as many as there are different builds, whatever the services have beside', () => {
    const services = {
      migrate: { build: { ...build }, command: ['migrate'], restart: 'no' },
      web: { build: { dockerfile: 'Dockerfile', context: '/w' }, ports: [{ target: 80 }] },
      other: { build: { ...build, target: 'other' } },
      worker: { build, environment: { A: '1' } },
    };
    expect(imagesOf(services)).toEqual([
      ['migrate web worker', ''],
      ['other', ''],
    ]);
  });

  test('have all names of services with the same build', () => {
    expect(
      imagesOf({ a: { build, image: 'x' }, b: { build, image: 'y:1' }, c: { build, image: 'x' } }),
    ).toEqual([['a b c', 'x y:1']]);
  });

  test('differ by platform, unless build: says the platforms itself', () => {
    const both = { ...build, platforms: ['linux/amd64', 'linux/arm64'] };
    expect(
      imagesOf({ a: { build, platform: 'linux/amd64' }, b: { build, platform: 'linux/arm64' } }),
    ).toHaveLength(2);
    expect(
      imagesOf({ a: { build: both, platform: 'linux/amd64' }, b: { build: both, platform: 'linux/arm64' } }),
    ).toHaveLength(1);
  });

  test.each([
    ['repo/app', 'repo/app:latest'],
    ['repo/app:latest', 'repo/app'],
    ['repo/app:v1', 'repo/app:v1'],
    ['registry.example.com:5000/app', 'registry.example.com:5000/app:latest'],
    ['app', 'docker.io/library/app:latest'],
    ['docker.io/me/app', 'me/app'],
    ['index.docker.io/me/app', 'docker.io/me/app:latest'],
  ])('are run by a service that names one: %s and %s', (image, other) => {
    expect(imagesOf({ web: { build, image }, worker: { image: other } })).toEqual([['web worker', image]]);
  });

  test.each([
    ['repo/app', 'repo/app:v1'],
    ['repo/app:v2', 'repo/app'],
    ['registry.example.com/app', 'app'],
    ['registry.example.com:5000/app', 'registry.example.com/app'],
    ['me/app', 'app'],
  ])('are not run by a service with another name: %s and %s', (image, other) => {
    expect(imagesOf({ web: { build, image }, worker: { image: other } })).toEqual([['web', image]]);
  });
});
