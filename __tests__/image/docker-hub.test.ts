import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { planBuild } from '../../src/image/build-plan.ts';
import { buildTargetsOf } from '../../src/image/build-targets.ts';
import { requireDockerHubLogin } from '../../src/image/docker-hub.ts';
import { buildSource, COMMIT, OPTIONS } from './support/build.ts';

describe('an image with a name of Docker Hub', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function check(
    image: string | undefined,
    repository: string,
    config: unknown,
    env = {},
  ): Promise<void> {
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const services = { web: { build: { context: '/w' }, ...(image === undefined ? {} : { image }) } };
    const targets = buildTargetsOf({ services }, buildSource(repository));
    const plan = planBuild({ targets, options: OPTIONS, commit: COMMIT, contents: new Map() }, '/w');
    await requireDockerHubLogin(plan, { environment: { DOCKER_CONFIG: folder, ...env } });
  }

  test.each([
    ['me/web', 'ghcr.io/octo/shop', 'me/web'],
    [undefined, 'octo/shop', 'octo/shop'],
    ['app', 'octo/shop', 'octo/shop-app'],
  ])('is refused before the build without a login there: %s, %s', async (image, repository, name) => {
    await expect(check(image, repository, { auths: { 'ghcr.io': { auth: 'x' } } })).rejects.toThrow(
      `image: ${name} of service web would be pushed to Docker Hub, and there is no login for docker.io. If another registry is meant, write its name before it. If Docker Hub is meant, write "docker.io=user" on a line`,
    );
  });

  test.each([
    ['of docker login', { auths: { 'https://index.docker.io/v1/': { auth: 'x' } } }, {}],
    ['of a helper', { credHelpers: { 'docker.io': 'pass' } }, {}],
    ['of a store', { credsStore: 'desktop' }, {}],
    ['of a variable', {}, { DOCKER_AUTH_CONFIG: '{}' }],
  ])('is fine with a login: %s', async (_, config, env) => {
    await check('me/web', 'ghcr.io/octo/shop', config, env);
  });

  test('needs no login for another registry', async () => {
    await check('registry.example.com/web', 'ghcr.io/octo/shop', {});
    await check('app', 'ghcr.io/octo/shop', {});
  });
});
