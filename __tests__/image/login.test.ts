import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loginToRegistries, registryEnvironment } from '../../src/image/login.ts';
import type { Credentials, RegistryCredentials } from '../../src/model/credentials.ts';
import { placeholderImage } from '../../src/model/image.ts';
import type { Release, ReleasedService } from '../../src/model/release.ts';
import type { RunProgram, StepContext } from '../../src/model/step-context.ts';
import { RegistryError } from '../../src/registry/registry-error.ts';
import { findStoredLogin } from '../../src/registry/stored-login.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { remember } from './support/build.ts';

describe('loginToRegistries', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'login-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /**
   * The logins that are tried, by registry, with user name and password: what the private folder of docker has of them then. They are
   * tried side by side.
   */
  async function recordedLogins(
    use: (step: StepContext, options: Parameters<typeof loginToRegistries>[3]) => Promise<unknown>,
  ): Promise<readonly unknown[]> {
    const logins: string[][] = [];
    const check = async (registry: string, environment: Readonly<Record<string, string>>): Promise<void> => {
      const login = await findStoredLogin(registry, { environment, run });
      expect(login?.kind).toBe('password');
      if (login?.kind === 'password') logins.push([registry, login.username, login.password]);
    };
    const run: RunProgram = (program) => Promise.reject(new Error(`${program} was started`));
    await use({ run, log: remember(), folder }, { environment: { HOME: folder }, check });
    return logins.sort(([one = ''], [other = '']) => one.localeCompare(other));
  }

  const loginsFor = (credentials: RegistryCredentials, repositories: readonly string[]) =>
    recordedLogins((step, options) => loginToRegistries(credentials, repositories, step, options));

  const me = { username: 'me', password: 'p4ss' };
  const token = { username: 'octocat', password: 'ghs_token' };
  const at = (registry: string) => ({ registry, ...me });
  const given = (credentials: Partial<RegistryCredentials>) => ({
    ...{ logins: [], unnamed: undefined, token: undefined },
    ...credentials,
  });

  test.each<
    [string, Partial<RegistryCredentials>, readonly string[], readonly (readonly [string, Credentials])[]]
  >([
    ['nothing without credentials', {}, ['ghcr.io/me/shop'], []],
    ['the token for ghcr.io, once', { token }, ['ghcr.io/me/a', 'ghcr.io/me/b'], [['ghcr.io', token]]],
    ['the token for nothing else', { token }, ['registry.example.com/a', 'a', 'ghcr.io.example.com/a'], []],
    [
      'a login for its registry',
      { logins: [at('a.example.com')] },
      ['a.example.com/a'],
      [['a.example.com', me]],
    ],
    [
      'a login for no other registry, whichever an image is in',
      { logins: [at('a.example.com')] },
      ['b.example.com/a', 'app', 'me/app', 'a.example.com:5000/a'],
      [['a.example.com', me]],
    ],
    [
      'a login also where no image is: base images and accessories may be there',
      { logins: [at('a.example.com'), at('docker.io')], token },
      ['ghcr.io/me/a'],
      [
        ['a.example.com', me],
        ['docker.io', me],
        ['ghcr.io', token],
      ],
    ],
    ['a login before the token', { logins: [at('ghcr.io')], token }, ['ghcr.io/me/a'], [['ghcr.io', me]]],
    ['a login without a registry for ghcr.io', { unnamed: me, token }, ['ghcr.io/me/a'], [['ghcr.io', me]]],
  ])('uses %s', async (_, credentials, repositories, logins) => {
    expect(await loginsFor(given(credentials), repositories)).toEqual(
      logins.map(([registry, { username, password }]) => [registry, username, password]),
    );
  });

  test.each([
    ['registry.example.com', ['ghcr.io/me/shop', 'registry.example.com/me/web']],
    ['docker.io', ['app-php']],
  ])(
    'gives a login without a registry to none that only the Compose file names: %s',
    async (other, repositories) => {
      await expect(loginsFor(given({ unnamed: me, token }), repositories)).rejects.toThrow(
        `registry-username: it does not say which registry it is for. "image" is not set, and only the Compose file names ${other}. If it is for ${other}, write "${other}=user" on a line of "registry-username"`,
      );
    },
  );

  describe('for a rollback', () => {
    const releaseOf = (repositories: readonly string[], registry?: string): Release => {
      const release = makeRelease(releaseId('11111111'), { web: 'worker' });
      const services = repositories.map((repository): [string, ReleasedService] => {
        const image = placeholderImage(repository);
        return [
          repository,
          {
            name: repository,
            role: 'worker',
            replicas: 1,
            exclusiveReason: undefined,
            oneShot: false,
            image,
          },
        ];
      });
      return { ...release, services: Object.fromEntries(services), origin: { ...release.origin, registry } };
    };
    const rollback = (credentials: Partial<RegistryCredentials>, release: Release) =>
      recordedLogins((step, options) => registryEnvironment(given(credentials), release, step, options));

    test.each<[string, Release, readonly unknown[]]>([
      [
        'goes to the registry of the deploy and to no other',
        releaseOf(['b.example.com/x', 'a.example.com/y'], 'a.example.com'),
        [['a.example.com', 'me', 'p4ss']],
      ],
      [
        'does not go to the only registry of the images, if the deploy had it for another',
        releaseOf(['b.example.com/x'], 'a.example.com'),
        [['a.example.com', 'me', 'p4ss']],
      ],
      [
        'goes to the only registry of a release that does not say',
        releaseOf(['a.example.com/x', 'a.example.com/y']),
        [['a.example.com', 'me', 'p4ss']],
      ],
    ])('a login without a registry %s', async (_, release, logins) => {
      expect(await rollback({ unnamed: me }, release)).toEqual(logins);
    });

    test('stays where the registry is down: another host may have the images; but one that is refused is an error', async () => {
      const release = releaseOf(['a.example.com/x'], 'a.example.com');
      const log = remember();
      const run: RunProgram = (program) => Promise.reject(new Error(`${program} was started`));
      const withFailure = (kind: 'temporary' | 'denied') =>
        registryEnvironment(
          given({ unnamed: me }),
          release,
          { run, log, folder },
          {
            environment: { HOME: folder },
            check: () => Promise.reject(new RegistryError({ kind }, '500 Internal Server Error')),
          },
        );
      const environment = await withFailure('temporary');
      expect(await findStoredLogin('a.example.com', { environment, run })).toMatchObject(me);
      expect(log.lines).toEqual([
        expect.stringMatching(
          /^The registry a\.example\.com can't be reached: 500 .* without having been checked\.$/,
        ),
      ]);
      await expect(withFailure('denied')).rejects.toThrow('refuses the login');
    });

    test('is refused if nobody knows which registry it is for', async () => {
      await expect(rollback({ unnamed: me }, releaseOf(['a.example.com/x', 'ghcr.io/y']))).rejects.toThrow(
        'registry-username: the images of release 11111111 are in several registries (a.example.com, ghcr.io), and it does not say which one it is for. Write "a.example.com=user"',
      );
    });

    test('uses the logins for registries that are named', async () => {
      const release = releaseOf(['b.example.com/x'], 'a.example.com');
      expect(await rollback({ logins: [at('c.example.com')] }, release)).toEqual([
        ['c.example.com', 'me', 'p4ss'],
      ]);
    });
  });
});
