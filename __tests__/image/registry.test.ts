import { describe, expect, test } from '@jest/globals';
import { Registry } from '../../src/image/registry.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import { digestOfBytes, pushImage, testRegistry } from '../registry/support/test-registry.ts';
import { remember } from './support/build.ts';
import { registryContext } from './support/registry-context.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

describe('an image in a registry', () => {
  test('is read with its labels and layers', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/arm64/v8'], { a: 'b' });
    const remote = await new Registry(registryContext()).inspect(`${registry.host}/me/shop:v1`);
    expect(remote?.digest).toBe(own);
    expect([...(remote?.platforms ?? [])]).toEqual([
      [
        'linux/arm64/v8',
        {
          ...{ digest: own, labels: { a: 'b' }, config: expect.stringMatching(/^sha256:/) },
          layers: [{ digest: digest('a'), diffId: digest('d'), size: 1234 }],
        },
      ],
    ]);
  });

  test('is read for all its platforms, without attestations, once for whoever asks by digest', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64', 'linux/arm64/v8']);
    const remote = await new Registry(registryContext()).inspect(`${registry.host}/me/shop:v1`);
    expect(remote?.digest).toBe(own);
    expect([...(remote?.platforms.keys() ?? [])]).toEqual(['linux/amd64', 'linux/arm64/v8']);
    const requests = registry.seen.length;
    expect(await new Registry(registryContext()).inspect(`${registry.host}/me/shop@${own}`)).toEqual(remote);
    expect(registry.seen).toHaveLength(requests);
  });

  test('that is not there is none', async () => {
    await using registry = await testRegistry();
    expect(await new Registry(registryContext()).inspect(`${registry.host}/me/shop:v1`)).toBeUndefined();
  });

  test.each(['manifests', 'blobs'])('is refused if other %s come than its digest names', async (kind) => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64']);
    registry.intercept = ({ url = '' }) =>
      url.includes(`/${kind}/`) ? { status: 200, body: '{"other":true}' } : undefined;
    await expect(new Registry(registryContext()).inspect(`${registry.host}/me/shop@${own}`)).rejects.toThrow(
      "the registry's answer is not the image that its digest names. Is a proxy between",
    );
  });

  test('that misses a part is incomplete', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64', 'linux/arm64']);
    for (const key of registry.manifests.keys())
      if (key !== 'me/shop/v1' && key !== `me/shop/${own}`) registry.manifests.delete(key);
    await expect(new Registry(registryContext()).inspect(`${registry.host}/me/shop:v1`)).rejects.toThrow(
      /me\/shop@sha256:\w+: the registry has no such manifest, although its index names it/,
    );
  });

  test.each([
    [401, /^image: 127\.0\.0\.1:\d+ denies access to .*"registry-username".* answered: 401 Unauthorized$/, 0],
    [404, undefined, 0],
    [400, /^The registry .* failed on the query for .*: 400 Bad Request$/, 0],
    [503, /^The registry .* can't be reached, or fails: 503 Service Unavailable$/, 2],
  ])('in a registry that answers %d', async (status, message, retries) => {
    await using registry = await testRegistry();
    registry.intercept = ({ url = '' }) => (url === '/v2/' ? undefined : { status });
    const log = remember();
    const asked = new Registry(registryContext({ log })).inspect(`${registry.host}/me/shop:v1`);
    if (message === undefined) expect(await asked).toBeUndefined();
    else await expect(asked).rejects.toThrow(message);
    expect(log.lines.filter((line) => line.includes('Trying again'))).toHaveLength(retries);
  });
});

describe('a tag', () => {
  test('is the same bytes under another name', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64', 'linux/arm64']);
    const image = `${registry.host}/me/shop@${own}`;
    const to = (tag: string): string => `${registry.host}/me/shop:${tag}`;
    await new Registry(registryContext()).tag(image, [to('latest'), to('v2')]);
    const [before, after] = ['v1', 'v2'].map((tag) => registry.manifests.get(`me/shop/${tag}`));
    expect(digestOfBytes(after?.bytes ?? '')).toBe(own);
    expect(after).toEqual(before);
  });

  test('of an image that was removed is not made', async () => {
    await using registry = await testRegistry();
    const image = `${registry.host}/me/shop@${digest('0')}`;
    await expect(new Registry(registryContext()).tag(image, [`${registry.host}/me/shop:v2`])).rejects.toThrow(
      /me\/shop@sha256:0+ is not in the registry, so it can't be tagged/,
    );
  });

  test('that is refused names the inputs', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64']);
    registry.intercept = ({ method }) => (method === 'PUT' ? { status: 403 } : undefined);
    await expect(
      new Registry(registryContext()).tag(`${registry.host}/me/shop@${own}`, [`${registry.host}/me/shop:v2`]),
    ).rejects.toThrow(
      /refuses the tags 127.0.0.1:\d+\/me\/shop:v2 for .*"registry-username".* The registry answered: 403 Forbidden$/,
    );
  });

  test('in another repository is made by imagetools', async () => {
    await using registry = await testRegistry();
    const own = pushImage(registry, 'me/shop', 'v1', ['linux/amd64']);
    const calls: string[] = [];
    const run: RunProgram = async (program, args) => {
      calls.push([program, ...args].join(' '));
      return { exitCode: 0, stdout: '', stderr: '' };
    };
    const image = `${registry.host}/me/shop@${own}`;
    const other = `${registry.host}/me/copy:v1`;
    await new Registry(registryContext({ run })).tag(image, [other]);
    expect(calls).toEqual([`docker buildx imagetools create --prefer-index=false --tag ${other} ${image}`]);
  });
});

test('what the own client can not do is done by imagetools, which the log says once', async () => {
  await using registry = await testRegistry({ authentication: 'negotiate' });
  const calls: (readonly string[])[] = [];
  const run: RunProgram = async (_, args) => {
    calls.push(args);
    const answer = args.includes('--raw')
      ? { config: { digest: digest('c') }, layers: [] }
      : { manifest: { digest: digest('b') }, image: { os: 'linux', architecture: 'amd64' } };
    return { exitCode: 0, stdout: JSON.stringify(answer), stderr: '' };
  };
  const log = remember();
  for (const tag of ['v1', 'v2']) {
    const remote = await new Registry(registryContext({ run, log })).inspect(
      `${registry.host}/me/shop:${tag}`,
    );
    expect(remote?.digest).toBe(digest('b'));
  }
  expect(log.lines).toEqual([
    `${registry.host} is asked through docker buildx imagetools: it wants negotiate authentication.`,
  ]);
  expect(calls.map((args) => args.slice(0, 3))).toEqual(
    Array.from({ length: 4 }, () => ['buildx', 'imagetools', 'inspect']),
  );
});
