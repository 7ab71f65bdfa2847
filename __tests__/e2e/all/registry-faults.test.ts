/** The registry answers 500, wrongly, or nothing at all, in each phase of a delivery: nothing is half done, and nothing hangs (pulls.test.ts, image-faults.test.ts). */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type Faults, type FaultyRegistry, faultyRegistry } from '../../image/support/faulty-registry.ts';
import { probe, webApp } from '../../support/apps/probe.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { type Load, startLoad } from '../../support/load/load.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab, 0);

let registry: FaultyRegistry;
let app: TestApp;
let load: Load;
let version = 1;
beforeAll(async () => {
  registry = await faultyRegistry(lab.registry.address, lab.registry.address.replace(/:\d+$/, ''));
  app = await testApp({
    lab,
    stem: 'registry',
    servers: [server],
    files: (port) => webApp({ version: '1', port }),
  });
  succeeded(await deliver());
  load = startLoad(app.url(), { visitors: 1, pause: 40 });
  await load.answered('1', 5);
});
afterEach(() => registry.fail(undefined));
afterAll(async () => {
  await load.stop();
  await app.remove();
  await registry.close();
});

const deliver = (options: Parameters<TestApp['deliver']>[1] = {}) =>
  app.deliver({ image: `${registry.registry}/e2e/${app.name}` }, options);

async function commitNext(): Promise<string> {
  version += 1;
  await app.checkout.commit(probe({ version: String(version) }));
  return String(version);
}

/** Each phase by what is asked in it. */
const PHASES: readonly (readonly [string, Pick<Faults, 'on' | 'from'>])[] = [
  ['when the image is looked up', { on: /^(?:GET|HEAD) .*\/manifests\// }],
  ['when layers are pushed', { on: /^(?:POST|PATCH|PUT) .*\/blobs\/uploads\// }],
  ['when the image is pushed, and its tags', { on: /^PUT .*\/manifests\// }],
  ['when the server asks for the image', { on: /\/manifests\//, from: [server.address] }],
  ['when the server pulls layers', { on: /\/blobs\//, from: [server.address] }],
];

test.each(PHASES)(
  'a registry that answers 500 %s: the error names it, and the live release serves on',
  async (_, phase) => {
    const live = await app.version();
    const next = await commitNext();
    registry.fail({ fault: 500, ...phase });
    const run = await deliver();
    expect(registry.hits.length).toBeGreaterThan(0);
    expect(run.succeeded).toBe(false);
    expect(run.errors[0]?.message).toContain(registry.registry);
    expect(run.errors[0]?.message).toMatch(/Nothing was deployed\.|is live, as before/);
    expect(await app.version()).toBe(live);
    registry.fail(undefined);
    succeeded(await deliver());
    expect(await app.version()).toBe(next);
    expect(load.look().failures).toEqual([]);
  },
);

test('a registry that gives the server other bytes than the digest says: the engine refuses them, the error says so, and the live release serves on', async () => {
  const live = await app.version();
  const next = await commitNext();
  registry.fail({ fault: 'other', on: /^GET .*\/blobs\//, from: [server.address] });
  const run = await deliver();
  expect(registry.hits.length).toBeGreaterThan(0);
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(
    /could not pull .*(?:verification failed|digest).* Nothing was deployed\.$/,
  );
  expect(run.errors[0]?.message).toContain(registry.registry);
  expect(await app.version()).toBe(live);
  registry.fail(undefined);
  succeeded(await deliver());
  expect(await app.version()).toBe(next);
  expect(load.look().failures).toEqual([]);
});

test('a registry that does not answer when the image is looked up is asked again after half a minute', async () => {
  const next = await commitNext();
  registry.fail({ fault: 'hang', on: /^(?:GET|HEAD) .*\/manifests\//, times: 1 });
  const run = succeeded(await deliver());
  expect(run.log).toContain('no answer came for 30 seconds');
  expect(await app.version()).toBe(next);
});

test('a registry that never answers the server can be waited for no longer: a cancelled job ends at once', async () => {
  const live = await app.version();
  const next = await commitNext();
  registry.fail({ fault: 'hang', on: /\/(?:manifests|blobs)\//, from: [server.address] });
  const run = await deliver({ interrupt: { when: /… .* pull the images of/, how: 'cancel' } });
  expect(run.signal).toBeUndefined();
  expect(run.errors[0]?.message).toContain('The job was cancelled.');
  expect(await app.version()).toBe(live);
  registry.fail(undefined);
  succeeded(await deliver());
  expect(await app.version()).toBe(next);
  expect(load.look().failures).toEqual([]);
});

test.each(['start', 'switch', 'accept'] as const)(
  'a registry that is gone from the stage %s on is in no way of the deploy',
  async (stage) => {
    const next = await commitNext();
    const begins = new RegExp(`^\\S+ ${stage}: \\{`);
    const run = await deliver({
      onLine: ({ text }) => {
        if (begins.test(text)) registry.fail({ fault: 500, on: /./ });
      },
    });
    succeeded(run);
    expect(await app.version()).toBe(next);
  },
);
