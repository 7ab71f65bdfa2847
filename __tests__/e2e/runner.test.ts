/** What belongs to the runner stays there: a login goes to its own registry only, a proxy into no container. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { compose, probe, webApp } from '../support/apps/probe.ts';
import { type RecordingRegistry, recordingRegistry } from '../support/lab/recording-registry.ts';
import { labWith, serverOf } from '../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../support/test-app.ts';
import { webProxy } from '../support/web-proxy.ts';

const lab = await labWith(1, { builds: true });
let first: RecordingRegistry;
let second: RecordingRegistry;
beforeAll(async () => {
  [first, second] = await Promise.all([recordingRegistry(lab), recordingRegistry(lab)]);
});
beforeEach(() => {
  for (const each of [first, second]) each.forget();
});
afterAll(() => Promise.all([first, second].map((each) => each[Symbol.asyncDispose]())));

const loginOf = ({ login: { username, password } }: RecordingRegistry): string => `${username}:${password}`;
const singleLogin = ({ login: { username, password } }: RecordingRegistry) => ({
  'registry-username': username,
  'registry-password': password,
});
const bothLogins = () => ({
  'registry-username': [first, second].map(({ address, login }) => `${address}=${login.username}`).join('\n'),
  'registry-password': [first, second].map(({ address, login }) => `${address}=${login.password}`).join('\n'),
});
const secretsOf = (...registries: readonly RecordingRegistry[]) => ({
  secrets: Object.fromEntries(
    registries.map(({ address, login }) => [`the password for ${address}`, login.password]),
  ),
});

/** An app whose Compose file names the second registry: for an image that is built, or for an accessory. */
async function appWith(service: Readonly<Record<string, unknown>>, others = {}): Promise<TestApp> {
  return await testApp({
    lab,
    stem: 'logins',
    files: (port) => ({
      ...probe({ version: '1' }),
      ...compose({ services: { web: { build: '.', ports: [`${port}:3000`], ...service }, ...others } }),
    }),
  });
}

const imageIn = ({ address }: RecordingRegistry, { name }: TestApp): string => `${address}/e2e/${name}`;

test('a login is sent to its own registry and to no other, which an image: of the Compose file names', async () => {
  const app = await appWith({ image: `${second.address}/e2e/logins-web:dev` });
  try {
    const image = imageIn(first, app);
    const run = await app.build({ image, ...singleLogin(first) }, secretsOf(first, second));
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(
      `${second.address} refuses the push of ${second.address}/e2e/logins-web`,
    );
    expect(run.errors[0]?.message).toContain(
      `write "${second.address}=user" on a line of "registry-username"`,
    );
    expect(second.asked.length).toBeGreaterThan(0);
    expect([...second.credentials]).toEqual([]);
    expect([...first.credentials]).toEqual([loginOf(first)]);

    for (const each of [first, second]) each.forget();
    succeeded(await app.build({ image, ...bothLogins() }, secretsOf(first, second)));
    expect([...first.credentials]).toEqual([loginOf(first)]);
    expect([...second.credentials]).toEqual([loginOf(second)]);
  } finally {
    await app.remove();
  }
});

test('without image, a login that does not name its registry is sent nowhere', async () => {
  const app = await appWith({ image: `${second.address}/e2e/logins-web` });
  try {
    const run = await app.build({ image: undefined, ...singleLogin(first) }, secretsOf(first));
    expect(run.errors.map(({ message }) => message)).toEqual([
      expect.stringContaining('registry-username: it does not say which registry it is for.'),
    ]);
    expect([...first.credentials, ...second.credentials]).toEqual([]);
  } finally {
    await app.remove();
  }
});

test('a private accessory in a second registry is pulled with its own login, which the refusal tells how to give', async () => {
  const app = await appWith(
    { depends_on: ['cache'] },
    { cache: { image: `${second.address}/e2e/logins-redis:7` } },
  );
  try {
    const copy = `${lab.registry.address}/e2e/logins-redis:7`;
    await lab.docker('pull', '--quiet', 'redis:7');
    await lab.docker('tag', 'redis:7', copy);
    await lab.docker('--config', join(lab.folder, 'docker-config'), 'push', '--quiet', copy);

    const image = imageIn(first, app);
    const run = await app.deliver({ image, ...singleLogin(first) }, secretsOf(first, second));
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(
      `${second.address} refuses ${second.address}/e2e/logins-redis:7`,
    );
    expect(run.errors[0]?.message).toContain(
      `write "${second.address}=user" on a line of "registry-username"`,
    );
    expect(run.errors[0]?.message).toContain('docker/login-action');
    expect([...second.credentials]).toEqual([]);

    for (const each of [first, second]) each.forget();
    succeeded(await app.deliver({ image, ...bothLogins() }, secretsOf(first, second)));
    expect([...first.credentials]).toEqual([loginOf(first)]);
    expect([...second.credentials]).toEqual([loginOf(second)]);
    expect(await app.version()).toBe('1');
  } finally {
    await app.remove();
  }
});

/** Every key of docker's config.json that can hold a secret, and each value with a word to look for. */
const WORD = 'Secret-Of-The-Runner';
const PROXY = `http://user:${WORD}@proxy.corp.test:3128`;
const FULL_CONFIG = {
  auths: { 'other.example.com': { auth: Buffer.from(`user:${WORD}`).toString('base64') } },
  HttpHeaders: { 'X-Meta': WORD },
  proxies: Object.fromEntries(
    ['default', 'unix:///var/run/docker.sock', 'tcp://other.example.com:2376'].map((engine) => [
      engine,
      {
        ...{ httpProxy: PROXY, httpsProxy: PROXY, ftpProxy: PROXY, allProxy: PROXY },
        noProxy: `localhost,127.0.0.1,172.16.0.0/12,${WORD}`,
      },
    ]),
  ),
  ...{ psFormat: WORD, imagesFormat: WORD, servicesFormat: WORD, detachKeys: 'ctrl-e,e' },
  aliases: { builder: 'buildx' },
  plugins: { other: { option: WORD } },
  features: { hooks: 'true' },
  currentContext: 'default',
};

test("the runner's proxies are for its builds and its own requests, and in no container of a server", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'docker-config-'));
  await writeFile(join(folder, 'config.json'), JSON.stringify(FULL_CONFIG));
  const app = await testApp({
    lab,
    stem: 'proxies',
    files: (port) => {
      const files = webApp({ version: '1', port });
      const dockerfile = String(files['Dockerfile']);
      return {
        ...files,
        Dockerfile: dockerfile.replace(
          /^FROM .*$/m,
          '$&\nRUN case "$HTTP_PROXY" in *proxy.corp.test*) ;; *) exit 9 ;; esac',
        ),
        ...compose({
          services: {
            web: { build: '.', ports: [`${port}:3000`], depends_on: ['cache'] },
            worker: {
              image: '${IMAGE}',
              build: '.',
              command: 'sleep infinity',
              init: true,
              healthcheck: { disable: true },
            },
            cache: { image: 'redis:7' },
          },
        }),
      };
    },
  });
  try {
    const show = `node -e "console.log('hook ' + Object.keys(process.env).filter((name) => /proxy/i.test(name)).length)"`;
    const { address } = serverOf(lab);
    await using proxy = await webProxy({ 'shop.corp.test': address });
    const variables = { http_proxy: proxy.url, https_proxy: proxy.url, no_proxy: `${address},172.16.0.0/12` };
    const options = {
      env: { DOCKER_CONFIG: folder, ...variables },
      secrets: { 'the proxy of the runner': WORD, 'the password of the proxy': 'p%40ss' },
    };
    const url = `http://shop.corp.test:${app.port}/up`;
    const run = succeeded(await app.deliver({ 'before-release': `web=${show}`, url }, options));
    // A build may ask registries through it.
    const asked = proxy.asked.filter((line) => !line.startsWith('CONNECT '));
    expect(asked).toEqual(Array.from({ length: 3 }, () => `GET ${url}`));
    expect(run.log).toContain('hook 0');
    const { engine } = serverOf(lab);
    const containers = [...(await engine.containers(`${app.name}-`)).values()];
    expect(containers.length).toBeGreaterThanOrEqual(4);
    for (const { id } of containers) {
      const container = JSON.stringify(await engine.get(`/containers/${id}/json`));
      expect(container).not.toContain(WORD);
      expect(container).not.toMatch(/_proxy=/i);
    }
  } finally {
    await app.remove();
    await rm(folder, { recursive: true });
  }
});
