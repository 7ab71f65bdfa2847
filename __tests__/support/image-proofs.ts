/** From a commit to a digest in a registry: proved on each image store that an engine can have. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type BuiltImages,
  buildImages as buildFound,
  lookUpBuild,
  reusableImages,
} from '../../src/image/build-images.ts';
import type { BuildTask } from '../../src/image/build-plan.ts';
import { buildTargetsOf } from '../../src/image/build-targets.ts';
import type { ImageContext } from '../../src/image/image-context.ts';
import { loginToRegistries } from '../../src/image/login.ts';
import { Registry } from '../../src/image/registry.ts';
import { resolveImages } from '../../src/image/resolve-images.ts';
import type { ComposeConfig } from '../../src/model/compose-config.ts';
import type { Credentials } from '../../src/model/credentials.ts';
import { parseImageReference, placeholderImage } from '../../src/model/image.ts';
import type { BuildOptions } from '../../src/model/image-source.ts';
import { type Bench, bench, buildSource, COMMIT, loginFor, OPTIONS } from '../image/support/build.ts';
import { type Builder, otherBuilder } from '../image/support/builder.ts';
import { type FaultyRegistry, faultyRegistry } from '../image/support/faulty-registry.ts';
import { manifestDigest, tagsOf } from './lab/registry.ts';
import { labWith, uniqueName } from './lab.ts';

const lab = await labWith(1, { builds: true });
const { registry } = lab;
const SHA = COMMIT.sha ?? '';
const CREDENTIALS: Credentials = { username: registry.username, password: registry.password };
const classic = lab.servers.find((server) => server.imageStore === 'classic');
export const STORES = {
  containerd: lab.runnerEnvironment,
  classic: {
    ...lab.runnerEnvironment,
    DOCKER_HOST: classic?.tcpUrl ?? '',
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: join(lab.folder, 'tls'),
  },
} as const;
type Store = keyof typeof STORES;

const DOCKERFILE = `FROM busybox:1
ARG GREETING=hello
COPY page /page
RUN echo "$GREETING" > /greeting && date +%s%N > /built
CMD ["httpd", "-f"]
`;

let at: Bench;
let path: string;
let repository: string;

function taskOf(options: Partial<BuildOptions> = {}, config?: ComposeConfig): BuildTask {
  const all = { ...OPTIONS, ...options };
  const targets = buildTargetsOf(config, buildSource(repository, all));
  return { targets, options: all, commit: COMMIT, contents: new Map() };
}

async function buildImages(task: BuildTask, shop: ImageContext): Promise<BuiltImages> {
  return buildFound(task, shop, await lookUpBuild(task, shop));
}

async function findBuilt(task: BuildTask, shop: ImageContext): Promise<BuiltImages | undefined> {
  return reusableImages(await lookUpBuild(task, shop));
}

/** Something writes into the checkout while the tests run. */
async function disturbed(environment: Readonly<Record<string, string>>): Promise<Bench> {
  let count = 0;
  const own = await bench(environment, async (_, args) => {
    if (args[0] !== 'run') return;
    count += 1;
    await writeFile(join(own.workspace, 'page'), `Changed ${count}\n`);
  });
  return own;
}

/** Tags that a user gave or Sealift promises. */
async function promisedTags(of: string): Promise<readonly string[]> {
  return (await tagsOf(lab, of)).filter((tag) => !tag.startsWith('candidate-'));
}

async function failure(promise: Promise<unknown>): Promise<{ message: string; evidence: readonly string[] }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && 'evidence' in error && Array.isArray(error.evidence)) {
      return { message: error.message, evidence: error.evidence };
    }
    throw error;
  }
  throw new Error('It did not fail.');
}

/** Tests of builds by an engine with this image store. */
function onStore(store: Store, tests: (environment: Readonly<Record<string, string>>) => void): void {
  describe(`on the ${store} image store`, () => {
    const environment = STORES[store];
    beforeEach(async () => {
      path = `image-room/${uniqueName('shop')}`;
      repository = `${registry.address}/${path}`;
      at = await bench(environment);
      await at.write({ Dockerfile: DOCKERFILE, page: `Welcome to ${path}\n` });
    });

    afterEach(async () => {
      const shop = await at.shop(undefined, repository);
      const { stdout } = await shop.run('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'], {
        env: shop.environment,
      });
      const names = stdout.split('\n');
      const own = names.filter((name) => name.includes(path));
      if (own.length > 0) {
        await shop.run('docker', ['rmi', '--force', ...own], {
          env: shop.environment,
          allowedExitCodes: [1],
        });
      }
      const tested = at.calls
        .filter((call) => call.startsWith('docker image rm'))
        .flatMap((call) => call.split(' ').slice(4));
      const left = tested.filter((name) => names.includes(name));
      await at.remove();
      expect(left).toEqual([]);
    });

    tests(environment);
  });
}

/** What is promised of every build. */
export function proveImages(store: Store): void {
  onStore(store, (environment) => {
    test('a commit becomes a tested image in the registry, by digest, with its tags and labels', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const built = await buildImages(
        taskOf({
          tests: new Map([['', ['grep -q Welcome /page', "sh -c 'echo tested $(cat /greeting)'"]]]),
          tags: ['latest', '{{branch}}', 'v-{{sha7}}'],
          buildArgs: ['GREETING=${x} %{y} "z"'],
        }),
        shop,
      );

      expect(built).toMatchObject({
        reused: false,
        tested: true,
        tags: [SHA, 'latest', 'main', 'v-0123456'],
      });
      const image = built.images.get('') ?? '';
      const digest = image.slice(image.indexOf('@') + 1);
      expect(await promisedTags(path)).toEqual([SHA, 'latest', 'main', 'v-0123456'].sort());
      for (const tag of built.tags) expect(await manifestDigest(lab, path, tag)).toBe(digest);
      expect(at.log.lines).toContain('tested ${x} %{y} "z"');
      expect(at.log.text()).toMatch(/^#\d+ \[3\/3\] RUN echo/m);
      expect(Object.keys(built.durations)).toEqual(['build', 'test', 'push']);

      const pulled = await resolveImages(
        new Map([['', parseImageReference(`${repository}:latest`, 'image')]]),
        shop,
      );
      expect(pulled.images.get('')).toBe(image);
      expect(pulled.revision).toBe(SHA);
      const { stdout } = await shop.run('docker', ['inspect', '--format', '{{json .Config.Labels}}', image], {
        env: shop.environment,
      });
      expect(JSON.parse(stdout)).toMatchObject({
        'org.opencontainers.image.revision': SHA,
        'org.opencontainers.image.source': 'https://github.com/octo/shop',
        'org.opencontainers.image.created': '2026-03-02T08:30:00Z',
        'org.opencontainers.image.version': 'latest',
      });
    });

    test('a re-run uses the same digest again and builds nothing; rebuild: true, other arguments or another test build', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      expect(await findBuilt(taskOf(), shop)).toBeUndefined();
      const first = await buildImages(taskOf(), shop);
      at.calls.length = 0;
      const again = await buildImages(taskOf({ tags: ['1.0.0'] }), shop);
      expect(again).toMatchObject({ reused: true, images: first.images });
      expect(at.calls.filter((call) => call.includes(' bake '))).toEqual([]);
      expect(await manifestDigest(lab, path, '1.0.0')).toBe(await manifestDigest(lab, path, SHA));
      expect((await findBuilt(taskOf(), shop))?.images).toEqual(first.images);

      expect(await buildImages(taskOf({ rebuild: true }), shop)).toMatchObject({ reused: false });
      expect(await buildImages(taskOf({ buildArgs: ['GREETING=hi'] }), shop)).toMatchObject({
        reused: false,
      });
      expect(await buildImages(taskOf({ tests: new Map([['', ['true']]]) }), shop)).toMatchObject({
        reused: false,
      });
    });

    test('an image that is not the tested one gets no tag, so the next run builds again and fails the same way', async () => {
      await at.remove();
      at = await disturbed(environment);
      const shop = await at.shop(CREDENTIALS, repository);
      const task = taskOf({ tests: new Map([['', ['true']]]), tags: ['latest'] });
      for (const round of ['first', 'second']) {
        await at.write({ Dockerfile: DOCKERFILE, page: `Welcome to the ${round}\n` });
        at.calls.length = 0;
        expect(await findBuilt(task, shop)).toBeUndefined();
        const { message } = await failure(buildImages(task, shop));
        expect(message).toMatch(/@sha256:\w+ is not what was tested: .* No tag was moved\./);
        expect(at.calls.filter((call) => call.includes(' bake '))).toHaveLength(2);
        for (const tag of [SHA, 'latest']) expect(await tagsOf(lab, path)).not.toContain(tag);
      }
      expect(at.log.text()).not.toContain('is used again');
    });

    test('secrets reach the build and neither arguments, files, the log nor the image', async () => {
      await at.write({
        Dockerfile: `FROM busybox:1
RUN --mount=type=secret,id=token --mount=type=secret,id=key sha256sum /run/secrets/token /run/secrets/key > /sums
`,
      });
      const shop = await at.shop(CREDENTIALS, repository);
      await buildImages(
        taskOf({
          buildSecrets: ['token=hunter2-hunter2', 'key=-----BEGIN\nsecond-line-of-key\n'],
          tests: new Map([['', ['cat /sums']]]),
        }),
        shop,
      );
      for (const secret of ['hunter2-hunter2', '-----BEGIN\nsecond-line-of-key\n']) {
        expect(at.log.text()).toContain(createHash('sha256').update(secret).digest('hex'));
      }
      const { stdout } = await shop.run('docker', ['history', '--no-trunc', `${repository}:${SHA}`], {
        env: shop.environment,
      });
      const files = await Promise.all(
        (await readdir(at.folder))
          .filter((name) => name.startsWith('bake-'))
          .map((name) => readFile(join(at.folder, name), 'utf8')),
      );
      expect(files.length).toBeGreaterThan(0);
      for (const text of [stdout, ...files, ...at.calls, at.log.text()]) {
        expect(text).not.toContain('hunter2');
        expect(text).not.toContain('second-line');
      }
    });
  });
}

/** What else can be asked of a build, and how it says what is wrong. */
export function proveBuilds(store: Store): void {
  onStore(store, () => {
    test('a test that fails stops before anything is pushed', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const tests = new Map([['', ["sh -c 'echo 3 failed, 5 passed; exit 7'"]]]);
      const { message, evidence } = await failure(buildImages(taskOf({ tests }), shop));
      expect(message).toMatch(/^test: .* failed in the image with exit code 7\. Nothing was pushed\.$/);
      expect(evidence).toEqual(['3 failed, 5 passed']);
      expect(at.log.lines).toContain('3 failed, 5 passed');
      expect(await tagsOf(lab, path)).toEqual([]);

      const missing = await failure(buildImages(taskOf({ tests: new Map([['', ['pytest -q']]]) }), shop));
      expect(missing.message).toContain(
        'test: "pytest -q" could not be started in the image: there is no such program',
      );
    });

    test('of several images none gets a tag before all are proved', async () => {
      await at.remove();
      at = await disturbed(STORES[store]);
      await at.write({ 'web/Dockerfile': 'FROM busybox:1\n', Dockerfile: DOCKERFILE, page: 'Welcome\n' });
      const config: ComposeConfig = {
        services: {
          web: { build: { context: join(at.workspace, 'web'), dockerfile: 'Dockerfile' } },
          api: { build: { context: at.workspace, dockerfile: 'Dockerfile' } },
        },
      };
      const shop = await at.shop(CREDENTIALS, repository);
      const tests = new Map([
        ['web', ['true']],
        ['api', ['true']],
      ]);
      const { message } = await failure(buildImages(taskOf({ tests }, config), shop));
      expect(message).toMatch(new RegExp(`^${repository}-api@.* is not what was tested: .* \\(api\\)$`));
      for (const name of ['web', 'api']) expect(await tagsOf(lab, `${path}-${name}`)).not.toContain(SHA);
    });

    test('no-cache builds anew for the test, and pushes just that', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const first = await buildImages(taskOf({ tests: new Map([['', ['true']]]) }), shop);
      const second = await buildImages(
        taskOf({ tests: new Map([['', ['true']]]), noCache: true, pull: true, rebuild: true }),
        shop,
      );
      const configs = await Promise.all(
        [first, second].map(async ({ images }) => {
          const remote = await new Registry(shop).inspect(images.get('') ?? '');
          return [...(remote?.platforms.values() ?? [])].map(({ config }) => config);
        }),
      );
      expect(configs[0]).toHaveLength(1);
      expect(configs[1]).not.toEqual(configs[0]);
    });

    test('several services are built in one go, each tested and pushed as its own repository', async () => {
      await at.write({
        'web/Dockerfile': DOCKERFILE,
        'web/page': 'web\n',
        'api/Dockerfile': DOCKERFILE.replace('page', 'page'),
        'api/page': 'api\n',
      });
      const config: ComposeConfig = {
        services: {
          web: {
            build: {
              context: join(at.workspace, 'web'),
              dockerfile: 'Dockerfile',
              args: { GREETING: 'costs $$5' },
            },
          },
          api: {
            image: `${repository}/backend:dev`,
            build: { context: join(at.workspace, 'api'), dockerfile: 'Dockerfile' },
          },
          worker: { image: `${repository}/backend:dev` },
          job: { image: placeholderImage(repository) },
          db: { image: 'redis:7' },
        },
      };
      const shop = await at.shop(CREDENTIALS, repository);
      const tests = new Map([
        ['web', ['cat /greeting']],
        ['worker', ['grep -q api /page']],
      ]);
      const built = await buildImages(taskOf({ tests, tags: ['latest'] }, config), shop);
      expect([...built.images.keys()].sort()).toEqual(['', 'api', 'job', 'web', 'worker']);
      expect(built.images.get('api')).toBe(built.images.get('worker'));
      expect(built.images.get('job')).toBe(built.images.get(''));
      expect(at.log.lines).toContain('costs $5');
      for (const [key, image] of built.images) {
        const own = { web: `${path}-web`, api: `${path}/backend`, worker: `${path}/backend` }[key] ?? path;
        expect(image).toBe(`${registry.address}/${own}@${await manifestDigest(lab, own, 'latest')}`);
      }
      expect(built.tested).toBe(false);
      expect(at.calls.filter((call) => call.includes(' bake '))).toHaveLength(2);
    });

    test.each([
      [
        'a failing step',
        { Dockerfile: 'FROM busybox:1\nRUN echo compiling; echo "line 3: oops" >&2; exit 4\n' },
        {},
        /^The build failed: RUN echo compiling; .* ended with exit code: 4\.$/,
        'line 3: oops',
      ],
      [
        'a step that prints a status is not the registry',
        { Dockerfile: 'FROM busybox:1\nRUN echo "503 Service Unavailable"; exit 1\n' },
        {},
        /RUN echo .* ended with exit code: 1/,
        '503',
      ],
      [
        'an error of grammar',
        { Dockerfile: 'FROM busybox:1\nRUM true\n' },
        {},
        /dockerfile parse error on line 2: unknown instruction: RUM/,
        'RUM',
      ],
      [
        'a file that is not there',
        { Dockerfile: 'FROM busybox:1\nCOPY nothing /\n' },
        {},
        /"\/nothing": not found/,
        'nothing',
      ],
      [
        'no Dockerfile',
        {},
        { file: 'docker/Dockerfile' },
        /^file: there is no docker\/Dockerfile\.$/,
        undefined,
      ],
      [
        'a Dockerfile of the context',
        { 'app/Dockerfile': 'FROM busybox:1\n' },
        { context: 'app', file: 'Other' },
        /^file: there is no Other\.$/,
        undefined,
      ],
      ['no context', {}, { context: 'nowhere' }, /^context: the folder nowhere does not exist/, undefined],
      [
        'no such stage',
        { Dockerfile: 'FROM busybox:1\n' },
        { target: 'prod' },
        /^target: target stage "prod" is not in the Dockerfile/,
        undefined,
      ],
      [
        'a secret that is not given',
        { Dockerfile: 'FROM busybox:1\nRUN --mount=type=secret,id=npm,required=true true\n' },
        {},
        /^build-secrets: .* "npm"/,
        undefined,
      ],
      [
        'no base image',
        { Dockerfile: `FROM ${registry.address}/image-room/none:1\n` },
        {},
        /^The base image .*\/none:1 was not found/,
        undefined,
      ],
    ] as const)('what is wrong is told in plain words: %s', async (_, files, options, message, evidence) => {
      await at.write(files);
      const shop = await at.shop(CREDENTIALS, repository);
      const seen = await failure(buildImages(taskOf(options), shop));
      expect(seen.message).toMatch(message);
      if (evidence !== undefined) expect(seen.evidence.join('\n')).toContain(evidence);
      expect(await tagsOf(lab, path)).toEqual([]);
    });

    if (store === 'classic') {
      test.each([
        ['platforms', { platforms: ['linux/amd64', 'linux/arm64'] }, /^platforms: .*setup-buildx-action/],
        ['provenance', { provenance: 'mode=max' }, /^provenance, sbom: .*setup-buildx-action/],
        ['sbom', { sbom: 'true' }, /^provenance, sbom: .*setup-buildx-action/],
        [
          'cache-to',
          { cacheTo: ['type=registry,ref=example.com/cache'] },
          /^cache-to: .*setup-buildx-action/,
        ],
      ])('what the builder can not do names its input: %s', async (_, options, message) => {
        const shop = await at.shop(CREDENTIALS, repository);
        expect((await failure(buildImages(taskOf(options), shop))).message).toMatch(message);
      });
    } else {
      // The older store makes the same image with and without it, if it has the base image already.
      test('a cache inside the image that makes it another one is named', async () => {
        const shop = await at.shop(CREDENTIALS, repository);
        const task = taskOf({ tests: new Map([['', ['true']]]), cacheTo: ['type=inline'] });
        const { message } = await failure(buildImages(task, shop));
        expect(message).toMatch(/is not what was tested: .* cache-to: type=inline .*setup-buildx-action/);
      });

      test("several platforms, attestations and caches: the runner's own platform is tested, all are pushed", async () => {
        await at.write({ Dockerfile: 'FROM scratch AS empty\nFROM busybox:1\nCOPY page /page\n' });
        const shop = await at.shop(CREDENTIALS, repository);
        const options = {
          platforms: ['linux/amd64', 'linux/arm64'],
          tests: new Map([['', ['cat /page']]]),
          provenance: 'mode=max',
          cacheTo: [`type=registry,ref=${repository}/cache:x`],
          cacheFrom: [`type=registry,ref=${repository}/cache:x`],
          noCache: true,
        };
        const built = await buildImages(taskOf(options), shop);
        const again = await buildImages(taskOf(options), shop);
        expect(again).toMatchObject({ reused: true, images: built.images });
        expect(await tagsOf(lab, `${path}/cache`)).toEqual(['x']);
        const { stdout } = await shop.run('docker', ['buildx', 'bake', '--version'], {
          env: shop.environment,
          allowedExitCodes: [0, 1, 125],
        });
        expect(stdout).toBeDefined();
      });
    }
  });
}

let proxy: FaultyRegistry;

/** Tests of pushes by an engine with this image store to a registry that fails when it is told to. */
function withFaultyRegistry(store: Store, tests: () => void): void {
  describe(`a registry that is pushed to from the ${store} image store`, () => {
    const environment = STORES[store];

    beforeAll(async () => {
      proxy = await faultyRegistry(registry.address, registry.address.replace(/:\d+$/, ''));
    });
    afterAll(() => proxy.close());
    beforeEach(async () => {
      path = `image-room/${uniqueName('shop')}`;
      repository = `${proxy.registry}/${path}`;
      at = await bench(environment);
      proxy.fail(undefined);
      await at.write({ Dockerfile: DOCKERFILE, page: `Welcome to ${path}\n` });
    });
    afterEach(async () => {
      proxy.fail(undefined);
      const shop = await at.shop(undefined, repository);
      await shop.run('docker', ['rmi', '--force', `${repository}:${SHA}`], {
        env: shop.environment,
        allowedExitCodes: [1],
      });
      await at.remove();
    });

    tests();
  });
}

export function proveTags(store: Store): void {
  withFaultyRegistry(store, () => {
    test('tags are moved when the image is proved, that of the commit last', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const built = await buildImages(taskOf({ tests: new Map([['', ['true']]]), tags: ['latest'] }), shop);
      const asked = proxy.seen
        .map((line) => line.replace(`/v2/${path}`, ''))
        .filter((line) => /^(?:PUT|GET) \/manifests\//.test(line));
      const [image = ''] = [...built.images.values()];
      const proof = asked.lastIndexOf(`GET /manifests/${image.slice(image.indexOf('@') + 1)}`);
      const [latest, commit] = ['latest', SHA].map((tag) => asked.indexOf(`PUT /manifests/${tag}`));
      expect(asked.slice(0, latest).some((line) => line.startsWith('GET'))).toBe(true);
      expect(proof).toBeGreaterThan(0);
      expect(latest).toBeGreaterThan(0);
      expect(commit).toBe(asked.length - 1);
    });
  });
}

/** What becomes of a push to a registry that fails. */
export function proveFaults(store: Store): void {
  withFaultyRegistry(store, () => {
    test.each([[500], [503], [429], ['cut']] as const)(
      'an answer %s during the push is waited out',
      async (fault) => {
        const shop = await at.shop(CREDENTIALS, repository);
        // Enough for BuildKit's own attempts to run out on the engine that has some.
        proxy.fail({ fault, times: store === 'classic' ? 3 : 12, on: /^PUT .*\/manifests\// });
        const built = await buildImages(taskOf(), shop);
        expect(proxy.hits.length).toBeGreaterThan(1);
        expect(at.log.text()).toMatch(/The push failed: .* Trying again in .* \(2 of 5\)/);
        expect(built.images.get('')).toBe(`${repository}@${await manifestDigest(lab, path, SHA)}`);
      },
    );

    test('a run that ends while tags are moved leaves no tag of the commit, and the next one builds', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const task = taskOf({ tests: new Map([['', ['true']]]), tags: ['latest'] });
      proxy.fail({ fault: 403, on: /^PUT .*\/manifests\/latest$/ });
      const { message } = await failure(buildImages(task, shop));
      expect(message).toMatch(/ refuses the tags .*:latest for .*"registry-username" .*"registry-password"/);
      expect(await promisedTags(path)).toEqual([]);
      proxy.fail(undefined);
      expect(await buildImages(task, shop)).toMatchObject({ reused: false });
      expect(await promisedTags(path)).toEqual([SHA, 'latest'].sort());
    });

    test('an answer 503 while tags are moved is waited out', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      proxy.fail({ fault: 503, times: 3, on: new RegExp(`^PUT .*/manifests/${SHA}$`) });
      const built = await buildImages(taskOf({ tests: new Map([['', ['true']]]) }), shop);
      expect(at.log.text()).toMatch(/Asking .* failed: .* Trying again in/);
      expect(built.images.get('')).toBe(`${repository}@${await manifestDigest(lab, path, SHA)}`);
    });

    test.each([[401], [403]] as const)('an answer %s is told at once and not tried again', async (fault) => {
      const shop = await at.shop(CREDENTIALS, repository);
      proxy.fail({ fault, on: /^PUT .*\/manifests\// });
      const { message } = await failure(buildImages(taskOf(), shop));
      expect(message).toMatch(/refuses the push of .*"registry-username" .*"registry-password"/);
      expect(at.log.text()).not.toContain('Trying again');
      expect(await tagsOf(lab, path)).toEqual([]);
    });

    test('a registry that stays broken ends the step with what it said', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      proxy.fail({ fault: 503, on: /\/manifests\// });
      const { message } = await failure(buildImages(taskOf(), shop));
      expect(message).toMatch(/^The registry .* can't be reached, or fails: .*503/);
      expect(at.log.text()).toContain('(5 of 5)');
    });
  });
}

export function proveOtherSources(): void {
  describe('a builder that is not the engine’s own', () => {
    let builder: Builder;
    beforeEach(async () => {
      path = `image-room/${uniqueName('shop')}`;
      repository = `${registry.address}/${path}`;
      const folder = await mkdtemp(join(tmpdir(), 'buildx-'));
      builder = await otherBuilder(lab.runnerEnvironment, folder);
    });
    afterEach(async () => {
      await at.remove();
      await builder.close();
      await rm(builder.environment['BUILDX_CONFIG'] || '', { recursive: true });
    });

    test('another builder pushes by digest: the registry never has another tag than those that were asked for', async () => {
      at = await bench(builder.environment);
      await at.write({ Dockerfile: DOCKERFILE, page: 'Welcome\n' });
      const shop = await at.shop(CREDENTIALS, repository);
      const other = `${registry.address}/${path}/copy:x`;
      const config: ComposeConfig = {
        services: { web: { build: { context: at.workspace, dockerfile: 'Dockerfile', tags: [other] } } },
      };
      const options = {
        tests: new Map([['web', ['grep -q Welcome /page']]]),
        tags: ['latest'],
        provenance: 'mode=max',
        cacheTo: ['type=inline'],
        cacheFrom: [`type=registry,ref=${repository}`],
      };
      const built = await buildImages(taskOf(options, config), shop);
      const image = built.images.get('web') ?? '';
      expect(at.calls.join('\n')).not.toContain('candidate-');
      expect(await tagsOf(lab, path)).toEqual([SHA, 'latest'].sort());
      for (const tag of built.tags)
        expect(`${repository}@${await manifestDigest(lab, path, tag)}`).toBe(image);
      expect(image).toContain(await manifestDigest(lab, `${path}/copy`, 'x'));
      expect(await buildImages(taskOf(options, config), shop)).toMatchObject({
        reused: true,
        images: built.images,
      });
    });

    test('an image of another builder that is not the tested one is in the registry without a tag', async () => {
      at = await disturbed(builder.environment);
      await at.write({ Dockerfile: DOCKERFILE, page: 'Welcome\n' });
      const shop = await at.shop(CREDENTIALS, repository);
      const { message } = await failure(buildImages(taskOf({ tests: new Map([['', ['true']]]) }), shop));
      expect(message).toContain('No tag was moved.');
      expect(await tagsOf(lab, path)).toEqual([]);
    });

    test('a push by digest that is refused names the repository and the inputs', async () => {
      at = await bench(builder.environment);
      await at.write({ Dockerfile: DOCKERFILE, page: 'Welcome\n' });
      const shop = await at.shop(undefined, repository);
      const { message } = await failure(buildImages(taskOf({ tests: new Map([['', ['true']]]) }), shop));
      expect(message).toContain(`refuses the push of ${repository}`);
      expect(message).toMatch(/"registry-username" .*"registry-password"/);
    });
  });

  describe('the login', () => {
    beforeEach(async () => {
      repository = `${registry.address}/image-room/${uniqueName('login')}`;
      at = await bench(lab.runnerEnvironment);
    });
    afterEach(() => at.remove());

    const wrong = (password: string): Credentials => ({ username: 'ci', password });

    test('a wrong password names the inputs, and shows nowhere', async () => {
      const { message } = await failure(at.shop(wrong('wrong-password'), repository));
      expect(message).toMatch(
        new RegExp(`^registry-username, registry-password: ${registry.address} refuses the login`),
      );
      expect([...at.calls, at.log.text(), message].join('\n')).not.toContain('wrong-password');
    });

    test('a registry that does not answer is another error', async () => {
      const { message } = await failure(
        at.shop(wrong('x'), `${registry.address.replace(/:\d+$/, '')}:9/shop`),
      );
      expect(message).toMatch(/^The registry .*:9 can't be reached: /);
      expect(at.log.text()).toContain('(5 of 5)');
    });

    test('the password is in the private folder only, for this registry only; the runner keeps its own', async () => {
      const home = join(at.folder, 'docker-home');
      const step = {
        run: (await at.shop(undefined, repository)).run,
        log: at.log,
        folder: at.folder,
      };
      const own = {
        credsStore: 'nowhere',
        credHelpers: { 'ghcr.io': 'also-nowhere' },
        currentContext: 'default',
        auths: { [registry.address]: { auth: 'b2xkOm9sZA==' } },
      };
      await step.run('mkdir', ['-p', join(home, 'contexts')]);
      await writeFile(join(home, 'config.json'), JSON.stringify(own));
      const config = await loginToRegistries(loginFor(repository, CREDENTIALS), [repository], step, {
        environment: { ...lab.runnerEnvironment, HOME: at.folder, DOCKER_CONFIG: home },
      });
      const made: unknown = JSON.parse(await readFile(join(config.folder, 'config.json'), 'utf8'));
      const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
      expect(made).toMatchObject({
        auths: { [registry.address]: { auth } },
        credHelpers: { [registry.address]: '', 'ghcr.io': 'also-nowhere' },
        credsStore: 'nowhere',
      });
      expect(JSON.parse(await readFile(join(home, 'config.json'), 'utf8'))).toEqual(own);
      expect(await readdir(config.folder)).toContain('contexts');
    });

    test('credentials that the runner has are used', async () => {
      const home = join(lab.folder, 'docker-config');
      const environment = { ...lab.runnerEnvironment, DOCKER_CONFIG: home };
      await at.remove();
      at = await bench(environment);
      await at.write({ Dockerfile: 'FROM busybox:1\n' });
      const shop = await at.shop(undefined, repository);
      expect((await buildImages(taskOf(), shop)).reused).toBe(false);
    });

    test('without credentials the push is refused with the inputs to set', async () => {
      await at.write({ Dockerfile: 'FROM busybox:1\n' });
      const shop = await at.shop(undefined, repository);
      const { message } = await failure(buildImages(taskOf(), shop));
      expect(message).toMatch(/refuses the push of .*"registry-username" .*"registry-password"/);
    });
  });

  describe('an image that is given', () => {
    beforeEach(async () => {
      repository = `${registry.address}/image-room/${uniqueName('given')}`;
      at = await bench(lab.runnerEnvironment);
    });
    afterEach(() => at.remove());

    const given = (text: string) => new Map([['', parseImageReference(text, 'image')]]);

    test('an image that is given and not there, by tag or digest, is an error naming the input', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const tag = await failure(resolveImages(given(`${repository}:v9`), shop));
      expect(tag.message).toMatch(/^image: .*:v9 was not found in the registry\. Check the name and the tag/);
      const digest = await failure(resolveImages(given(placeholderImage(repository)), shop));
      expect(digest.message).toMatch(
        /^image: .*@sha256:0+ was not found in the registry\. Check the name and the digest/,
      );
    });

    test('an image that is given and may not be read is an error naming the inputs', async () => {
      const shop = await at.shop(undefined, repository);
      const { message } = await failure(resolveImages(given(`${repository}:v9`), shop));
      expect(message).toMatch(/^image: .* denies access to .*"registry-username" .*"registry-password"/);
    });

    test('a registry that does not answer, asked for an image, is told as that', async () => {
      const shop = await at.shop(CREDENTIALS, repository);
      const { message } = await failure(
        resolveImages(given(`${registry.address.replace(/:\d+$/, '')}:9/shop:1`), shop),
      );
      expect(message).toMatch(/^The registry .*:9 can't be reached, or fails: /);
    });
  });
}
