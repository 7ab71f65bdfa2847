import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  hasCredentials,
  linkPlugin,
  makeDockerConfig,
  makeHostDockerConfig,
  readDockerConfig,
} from '../../src/registry/docker-config.ts';

const at = (registry: string) => ({ registry, username: 'me', password: 'a:b' });
const auth = Buffer.from('me:a:b').toString('base64');

describe('the configuration of docker', () => {
  test('shows for which registries the runner has credentials', () => {
    const config = { auths: { 'ghcr.io': {} }, credHelpers: { ecr: 'ecr-login', none: '' } };
    expect(['ghcr.io', 'ecr', 'none', 'other'].map((registry) => hasCredentials(config, registry))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the private folder of docker', () => {
  let top: string;
  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'config-'));
  });
  afterEach(() => rm(top, { recursive: true }));

  test("is readable by the owner only, and links to everything in the runner's folder", async () => {
    const original = join(top, 'own');
    await mkdir(join(original, 'cli-plugins'), { recursive: true });
    await writeFile(join(original, 'config.json'), '{"currentContext":"far"}');
    const { folder, environment } = await makeDockerConfig(join(top, 'new'), [at('r')], {
      DOCKER_CONFIG: original,
      PATH: '/bin',
    });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'config.json'))).mode & 0o777).toBe(0o600);
    expect(await readlink(join(folder, 'cli-plugins'))).toBe(join(original, 'cli-plugins'));
    expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toMatchObject({
      currentContext: 'far',
    });
    expect(environment).toEqual({
      PATH: '/bin',
      DOCKER_CONFIG: folder,
      BUILDX_CONFIG: join(original, 'buildx'),
    });
    expect(await readdir(original)).toEqual(['cli-plugins', 'config.json']);
  });

  test("gets a plugin beside the runner's own, and leaves the runner's folder as it is", async () => {
    const plugins = join(top, 'own', 'cli-plugins');
    await mkdir(plugins, { recursive: true });
    for (const name of ['docker-buildx', 'docker-compose']) await writeFile(join(plugins, name), 'old');
    const environment = { DOCKER_CONFIG: join(top, 'own') };
    const config = await makeDockerConfig(join(top, 'new'), [], environment);
    await linkPlugin(config, 'docker-compose', '/cache/compose');
    expect(await readlink(join(config.folder, 'cli-plugins', 'docker-compose'))).toBe('/cache/compose');
    expect(await readFile(join(config.folder, 'cli-plugins', 'docker-buildx'), 'utf8')).toBe('old');
    expect(await readFile(join(plugins, 'docker-compose'), 'utf8')).toBe('old');
  });

  test('gets a plugin if the runner has none of its own', async () => {
    const config = await makeDockerConfig(join(top, 'new'), [], { DOCKER_CONFIG: join(top, 'missing') });
    await linkPlugin(config, 'docker-compose', '/cache/compose');
    expect(await readdir(join(config.folder, 'cli-plugins'))).toEqual(['docker-compose']);
  });

  test("has the runner's own configuration, except for the registries of this step", async () => {
    const own = {
      auths: { a: { auth: 'x' }, b: { auth: 'y' } },
      credsStore: 'desktop',
      credHelpers: { ecr: 'ecr-login', b: 'pass' },
      proxies: { default: {} },
    };
    await writeFile(join(top, 'config.json'), JSON.stringify(own));
    const { folder } = await makeDockerConfig(join(top, 'new'), [at('b'), at('docker.io')], {
      DOCKER_CONFIG: top,
    });
    expect(await readDockerConfig(folder)).toEqual({
      auths: { a: { auth: 'x' }, b: { auth }, 'https://index.docker.io/v1/': { auth } },
      credsStore: 'desktop',
      credHelpers: { ecr: 'ecr-login', b: '', 'https://index.docker.io/v1/': '' },
      proxies: { default: {} },
    });
  });

  test("has for hosts only what finds credentials and plugins, of all that a runner's configuration can hold", async () => {
    const own = {
      auths: { a: { auth: 'x' } },
      credsStore: 'desktop',
      credHelpers: { ecr: 'ecr-login' },
      cliPluginsExtraDirs: ['/opt/plugins'],
    };
    const others = {
      proxies: { default: { httpProxy: 'http://user:password@proxy' } },
      HttpHeaders: { 'X-Meta': 'secret' },
      ...{ psFormat: 'x', detachKeys: 'ctrl-e', currentContext: 'far', stackOrchestrator: 'x' },
      ...{ aliases: {}, plugins: {}, features: {}, experimental: 'enabled', pruneFilters: [] },
    };
    await writeFile(join(top, 'config.json'), JSON.stringify({ ...others, ...own }));
    const { folder, environment } = await makeHostDockerConfig(join(top, 'new'), { DOCKER_CONFIG: top });
    expect(await readDockerConfig(folder)).toEqual(own);
    expect((await stat(join(folder, 'config.json'))).mode & 0o777).toBe(0o600);
    expect(environment['DOCKER_CONFIG']).toBe(folder);
  });

  test('is made also if the runner has none', async () => {
    const { folder } = await makeDockerConfig(join(top, 'new'), [], { HOME: join(top, 'nobody') });
    expect(await readdir(folder)).toEqual(['config.json']);
  });

  test('is not made if the runner has a broken config.json, which the error names', async () => {
    await writeFile(join(top, 'config.json'), '{"auths":');
    await expect(readDockerConfig(top)).rejects.toThrow(`${top}/config.json is not valid JSON.`);
  });
});
