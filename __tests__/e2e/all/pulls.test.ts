/** Pulls of servers from a registry that fails for a moment, and of images that are for another platform. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FaultyRegistry, faultyRegistry } from '../../image/support/faulty-registry.ts';
import { probe, webApp } from '../../support/apps/probe.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(2, { builds: true });
const [one, other] = [serverOf(lab, 0), serverOf(lab, 1)];
const registryHost = lab.registry.address.replace(/:\d+$/, '');

let registry: FaultyRegistry;
let app: TestApp;
beforeAll(async () => {
  registry = await faultyRegistry(lab.registry.address, registryHost);
  app = await testApp({
    lab,
    stem: 'pulls',
    servers: [one, other],
    files: (port) => webApp({ version: '1', port }),
  });
});
afterAll(async () => {
  await app.remove();
  await registry.close();
});

const imageOf = () => `${registry.registry}/e2e/${app.name}`;
const MANIFESTS = /\/manifests\//;
const retries = (log: string, url: string): readonly string[] =>
  log.split('\n').filter((line) => line.includes(`${url}: the pull of`) && line.includes('Trying again'));

test('a registry that limits one server and cuts the connection of another is waited for, not before Retry-After', async () => {
  registry.fail(undefined);
  const { image } = succeeded(await app.build({ image: imageOf() })).outputs;
  registry.fail(
    { fault: 'cut', on: MANIFESTS, from: [other.address], times: 1 },
    { fault: 429, on: MANIFESTS, from: [one.address], retryAfter: 6 },
  );
  const run = succeeded(await app.deploy(image));
  expect(await app.version(one)).toBe('1');
  expect(await app.version(other)).toBe('1');
  expect(retries(run.log, one.url)).toEqual([
    expect.stringMatching(/Trying again in [3-6]\.\d s \(2 of 5\)/),
  ]);
  expect(retries(run.log, other.url)).not.toEqual([]);
});

test.each([502, 503])('a registry that answers %d once is asked again', async (fault) => {
  await app.checkout.commit(probe({ version: String(fault) }));
  registry.fail(undefined);
  const { image } = succeeded(await app.build({ image: imageOf() })).outputs;
  registry.fail({ fault, on: MANIFESTS, from: [one.address], times: 1 });
  const run = succeeded(await app.deploy(image));
  expect(registry.hits).toHaveLength(1);
  expect(retries(run.log, one.url)).toHaveLength(1);
  expect(await app.version(one)).toBe(String(fault));
});

test.each([401, 404])(
  'a registry that answers %d is not asked again, and nothing is changed',
  async (fault) => {
    await app.checkout.commit(probe({ version: String(fault) }));
    registry.fail(undefined);
    const { image } = succeeded(await app.build({ image: imageOf() })).outputs;
    const before = await app.version(one);
    registry.fail({ fault, on: MANIFESTS, from: [one.address] });
    const run = await app.deploy(image);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(fault === 401 ? 'refuses' : 'was not found in the registry');
    expect(run.log).not.toContain('Trying again');
    expect(await app.version(one)).toBe(before);
  },
);

test('an image for another platform is refused with its platforms, that of the server, and what to set', async () => {
  registry.fail(undefined);
  await app.checkout.commit({ Dockerfile: 'FROM scratch\nCOPY app.js /app.js\nCMD ["/app.js"]\n' });
  const { image } = succeeded(await app.build({ image: imageOf(), platforms: 'linux/arm64' })).outputs;
  const before = await snapshot(one);
  const run = await app.deploy(image);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toContain(
    `${image} is for linux/arm64, and this host is linux/amd64. Build it for that too: platforms: linux/arm64, linux/amd64.`,
  );
  expect(await snapshot(one)).toBe(before);
});
