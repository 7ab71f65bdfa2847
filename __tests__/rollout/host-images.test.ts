import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import type { ImageDetails, PullOptions } from '../../src/engine/engine.ts';
import { PullRefused, PullStalled } from '../../src/engine/errors.ts';
import { hostName } from '../../src/model/identifiers.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { pullImages as beginPull } from '../../src/rollout/host-images.ts';
import { RetryLimit } from '../../src/run/retry.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const ID = releaseId('22222222');
const release = { ...makeRelease(ID, { web: 'worker' }), base: { services: {} }, routes: [] };
const image = release.services['web']?.image ?? '';
const action: Action<'pull-images'> = { kind: 'pull-images', release: ID };

const DETAILS: ImageDetails = {
  id: 'sha256:1',
  repoTags: [],
  repoDigests: [],
  layers: [],
  size: 92_000_000,
  platform: 'linux/amd64',
};

/** Pulls, tags and looks. */
async function pullImages(host: HostContext, pull: typeof action): Promise<string> {
  const ended = await beginPull(host, pull);
  await host.runState.keepsImages;
  return ended;
}

/** A host that has some images, and an engine whose pulls report these layers and bring the image. */
function hostWith(
  images: readonly string[],
  lines: readonly string[],
): HostContext & { readonly seen: string[] } {
  const present = new Set(images);
  const seen: string[] = [];
  const engine = new MemoryEngine(hostName('ssh://one'));
  Object.assign(engine, {
    inspectImage: (name: string) => Promise.resolve(present.has(name) ? DETAILS : undefined),
    tagImage: () => Promise.resolve(),
    listContainers: () => Promise.resolve([]),
    version: () => Promise.resolve({ version: '', apiVersion: '', os: 'linux', architecture: 'amd64' }),
  });
  const context: HostContext = {
    ...testHostContext(engine, new AbortController().signal),
    environment: { HOME: '/nowhere' },
    releases: new Map([[ID, release]]),
  };
  engine.pullImage = async (name, { onProgress }) => {
    // The registry answers before the first layer is known.
    await new Promise(setImmediate);
    for (const line of lines) {
      const [id = '', state = ''] = line.split(': ');
      onProgress?.({ id, state, bytes: 0 });
      seen.push(String(await context.waitStatus.look?.()));
    }
    present.add(name);
  };
  const layers = [{ digest: `sha256:${'a'.repeat(64)}`, diffId: 'sha256:d', size: 3_400_000 }];
  const lookUpLayers = () => Promise.resolve(new Map([['linux/amd64', { layers }]]));
  return { ...context, lookUpLayers, seen };
}

describe('a pull', () => {
  test('reports the bytes that were transferred and the size on the disk', async () => {
    const host = hostWith([], ['aaaaaaaaaaaa: Pulling fs layer', 'aaaaaaaaaaaa: Pull complete']);
    expect(await pullImages(host, action)).toBe('1 of 1 pulled, 3.4 MB');
    expect(host.runState.pullResults.get(action)).toEqual([{ image, size: 92_000_000, pulled: 3_400_000 }]);
  });

  test('shows while it lasts how many bytes are there', async () => {
    const host = hostWith([], ['aaaaaaaaaaaa: Pulling fs layer', 'aaaaaaaaaaaa: Pull complete']);
    await pullImages(host, action);
    expect(host.seen.at(-1)).toBe('1 of 1 layers, 3.4 MB of 3.4 MB');
  });

  test('of images that the host has transfers nothing', async () => {
    const host = hostWith([image], []);
    expect(await pullImages(host, action)).toBe('all images are on the host');
    expect(host.runState.pullResults.get(action)).toEqual([{ image, size: 92_000_000, pulled: 0 }]);
  });

  test('that the run has asked for already asks for none again', async () => {
    const host = hostWith([], []);
    const size = 5;
    host.runState.foundImages.set(image, { ...DETAILS, size });
    expect(await pullImages(host, action)).toBe('all images are on the host');
    expect(host.runState.pullResults.get(action)).toEqual([{ image, size, pulled: 0 }]);
  });

  test('that the host lacked when it was asked before are looked at once they are pulled', async () => {
    const host = hostWith([], ['aaaaaaaaaaaa: Pull complete']);
    host.runState.foundImages.set(image, undefined);
    await pullImages(host, action);
    expect(host.runState.foundImages.get(image)).toEqual(DETAILS);
  });

  test('does not fail, and names no bytes, if the registry does not say how large an image is', async () => {
    const host = hostWith([], ['aaaaaaaaaaaa: Pull complete']);
    const lookUpLayers = () => Promise.reject(new Error('no route to host'));
    expect(await pullImages({ ...host, lookUpLayers }, action)).toBe('1 of 1 pulled');
  });
});

describe('a pull that fails', () => {
  /** Pulls the image of an accessory beside that of the release; each pull of it ends with the next of these texts, then succeeds. */
  async function pullWith(
    texts: readonly string[],
    {
      name = 'registry.example.com/tool:1',
      platforms = [],
      limit,
      service = {},
      isReleased = false,
    }: {
      readonly name?: string;
      readonly platforms?: readonly string[];
      readonly limit?: RetryLimit;
      readonly service?: Readonly<Record<string, string>>;
      readonly isReleased?: boolean;
    } = {},
  ) {
    const host = hostWith(isReleased ? [] : [image], []);
    const failures = [...texts];
    const waits: number[] = [];
    const lines: string[] = [];
    const calls: string[] = [];
    const { pullImage } = host.engine;
    Object.assign(host.engine, {
      pullImage: (image: string, options: PullOptions) => {
        calls.push([image, options.platform].filter(Boolean).join(' for '));
        const text = failures.shift();
        if (text !== undefined)
          return Promise.reject(new PullRefused(host.engine.host, `pull ${image}`, text));
        return pullImage.call(host.engine, image, options);
      },
    });
    const base = { services: isReleased ? {} : { tool: { image: name, ...service } } };
    const compose = { services: { web: isReleased ? service : {} } };
    const log = { ...host.log, info: (line: string) => lines.push(line) };
    const context: HostContext = {
      ...host,
      log,
      releases: new Map([[ID, { ...release, base, compose }]]),
      lookUpLayers: () => Promise.resolve(new Map(platforms.map((each) => [each, { layers: [] }]))),
      pullRetry: {
        retryPolicy: { attempts: 5, firstWait: 1000, longestWait: 8000 },
        pause: async (milliseconds) => {
          waits.push(milliseconds);
        },
        limit,
      },
    };
    const ended = await pullImages(context, action).catch((error: unknown) =>
      error instanceof Error ? error.message.replace('ssh://one: ', '') : String(error),
    );
    return { ended, waits, lines, calls };
  }

  test('because the engine says nothing more of it is not repeated: it was waited for long enough', async () => {
    const host = hostWith([], []);
    let pulls = 0;
    const pullImage = () => {
      pulls += 1;
      return Promise.reject(new PullStalled(host.engine.host, 'the engine has said nothing of it for 10m'));
    };
    Object.assign(host.engine, { pullImage });
    const pause = () => Promise.resolve();
    const pullRetry = { retryPolicy: { attempts: 5, firstWait: 1, longestWait: 1 }, pause };
    await expect(pullImages({ ...host, pullRetry }, action)).rejects.toThrow('said nothing of it for 10m');
    expect(pulls).toBe(1);
  });

  test.each([
    'toomanyrequests: retry-after: 2.5s, allowed: 44000/minute',
    'received unexpected HTTP status: 502 Bad Gateway',
    'received unexpected HTTP status: 503 Service Unavailable',
    'unknown: failed to resolve reference "r/tool:1": unexpected status from HEAD request to https://r/v2/tool/manifests/1: 502 Bad Gateway',
    'error parsing HTTP 408 response body: unexpected end of JSON input: ""',
    'Get "https://r/v2/": EOF',
    'Get "https://r/v2/": read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer',
    'Get "https://r/v2/": net/http: TLS handshake timeout',
    'Get "https://r/v2/": dial tcp: lookup r: no such host',
  ])('for a reason that may soon be over is repeated: %s', async (text) => {
    const { ended, waits, lines } = await pullWith([text, text.replace('429', '503')], {
      name: '127.0.0.1:1/tool:1',
    });
    expect(ended).toContain('1 of 2 pulled');
    expect(waits).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^ssh:\/\/one: the pull of 127\.0\.0\.1:1\/tool:1 failed: .* Trying again in .* \(2 of 5\)\.$/,
    );
  });

  test.each([
    ['unauthorized: authentication required', /^the registry registry\.example\.com refuses/],
    [
      "pull access denied for tool, repository does not exist or may require 'docker login'",
      /refuses .*tool:1/,
    ],
    [
      'unexpected status from HEAD request to https://r/v2/tool/manifests/1: 401 Unauthorized',
      /refuses .*tool:1/,
    ],
    [
      'unexpected status from HEAD request to https://r/v2/tool/manifests/1: 403 Forbidden',
      /refuses .*tool:1/,
    ],
    [
      'manifest for r/tool:1 not found: manifest unknown',
      /tool:1 was not found in the registry\. Check its name and tag/,
    ],
    ['unexpected end of something', /could not pull .*tool:1: unexpected end of something\.$/],
  ])('for another reason is not repeated: %s', async (text, message) => {
    const { ended, waits, calls } = await pullWith([text]);
    expect(ended).toMatch(message);
    expect(waits).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  test('tells how to log in where the registry refuses, and that a login on the server is not used', async () => {
    expect((await pullWith(['no basic auth credentials'])).ended).toBe(
      'the registry registry.example.com refuses registry.example.com/tool:1. Check that the login for registry.example.com can read it. If there is none, write "registry.example.com=user" on a line of "registry-username" and "registry.example.com=password" on a line of "registry-password", or log in there with docker/login-action before this step. A login on the server itself is not used.',
    );
  });

  test('waits as long as the registry asks, in its text or its header', async () => {
    const server = createServer((_, response) => response.writeHead(429, { 'retry-after': '7' }).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const name = `127.0.0.1:${(server.address() as AddressInfo).port}/tool:1`;
    try {
      const texts = [
        'toomanyrequests: retry-after: 3m2.5s, allowed: 44000/minute',
        'toomanyrequests: retry-after: 152.4µs, allowed: 44000/minute',
        'unexpected status from HEAD request to https://r/v2/tool/manifests/1: 429 Too Many Requests',
      ];
      expect((await pullWith(texts, { name })).waits).toEqual([182_500, 1_000, 7_000]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('is repeated within one limit for all hosts, and says what the registry asked', async () => {
    const limit = new RetryLimit(60_000);
    const texts = ['toomanyrequests: retry-after: 30s', 'toomanyrequests: retry-after: 2m'];
    const { ended, waits } = await pullWith(texts, { limit, name: 'tool:1' });
    expect(waits).toEqual([30_000]);
    expect(ended).toMatch(
      /^could not pull tool:1: toomanyrequests: retry-after: 2m\. It asks to try again in 120 s\. With a login, Docker Hub allows more: write "docker\.io=user"/,
    );
  });

  test('on a second host has what the first one has left of that limit', async () => {
    const limit = new RetryLimit(60_000);
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const refused = () => pullWith(['toomanyrequests: retry-after: 30s'], { limit, name: 'tool:1' });
    expect((await refused()).waits).toEqual([30_000]);
    now.mockReturnValue(40_000);
    const { ended, waits } = await refused();
    expect(waits).toEqual([]);
    expect(ended).toContain('It asks to try again in 30 s.');
  });

  test.each([
    [
      'no matching manifest for linux/amd64 in the manifest list entries',
      'registry.example.com/tool:1 is for linux/arm64 and linux/s390x, and this host is linux/amd64. Name an image in the Compose file that is built for linux/amd64.',
    ],
    [
      'failed to resolve reference: no match for platform in manifest: not found',
      'registry.example.com/tool:1 is for linux/arm64 and linux/s390x, and this host is linux/amd64. Name an image in the Compose file that is built for linux/amd64.',
    ],
  ])('since an image is for other platforms names them: %s', async (text, message) => {
    expect((await pullWith([text], { platforms: ['linux/arm64', 'linux/s390x'] })).ended).toBe(message);
  });

  test('since an image of the release is for other platforms says what to set', async () => {
    const { ended } = await pullWith(['no matching manifest'], {
      platforms: ['linux/arm64/v8'],
      isReleased: true,
    });
    expect(ended).toBe(
      `${image} is for linux/arm64/v8, and this host is linux/amd64. Build it for that too: platforms: linux/arm64/v8, linux/amd64.`,
    );
  });

  test('is for the platform that the service names, and says if the image is not', async () => {
    const service = { platform: 'linux/riscv64' };
    const { ended, calls } = await pullWith(['not found'], { platforms: ['linux/amd64'], service });
    expect(calls).toEqual(['registry.example.com/tool:1 for linux/riscv64']);
    expect(ended).toContain('is for linux/amd64, and "platform" of its service says linux/riscv64.');
  });
});

describe('an image on a host', () => {
  test.each([
    ['linux/arm64/v8', undefined, true],
    ['linux/arm64/v8', 'linux/arm64', false],
    ['linux/amd64', undefined, false],
    ['linux/386', undefined, false],
    ['', undefined, false],
  ])('that is for %s, where the service says %s, is warned of: %s', async (platform, wanted, warned) => {
    const host = hostWith([image], []);
    const warnings: string[] = [];
    const { inspectImage } = host.engine;
    Object.assign(host.engine, {
      inspectImage: async (name: string) => ({ ...(await inspectImage.call(host.engine, name)), platform }),
    });
    const compose = { services: { web: wanted === undefined ? {} : { platform: wanted } } };
    const context: HostContext = {
      ...host,
      log: { ...host.log, warning: (line) => warnings.push(line) },
      releases: new Map([[ID, { ...release, compose }]]),
    };
    await pullImages(context, action);
    expect(warnings).toEqual(
      warned
        ? [
            `ssh://one: ${image} is for linux/arm64/v8, and this host is linux/amd64. Build it for that too: platforms: linux/arm64/v8, linux/amd64. Without emulation it can't start there.`,
          ]
        : [],
    );
  });
});
