import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ImageDetails, PullOptions, WayBack } from '../../src/engine/engine.ts';
import { PullRefused } from '../../src/engine/errors.ts';
import { HostError } from '../../src/model/errors.ts';
import { pinnedImage } from '../../src/model/image.ts';
import { digestOfContent } from '../../src/oci/descriptor.ts';
import { blobPath, openLayoutFolder } from '../../src/oci/layout.ts';
import { readLayoutImage } from '../../src/oci/layout-image.ts';
import { DirectTransfer } from '../../src/transfer/direct-transfer.ts';
import { digestTagName, type LocalImage } from '../../src/transfer/local-image.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { hostName } from '../support/identifiers.ts';
import { writeTestLayout } from '../support/oci-layout.ts';

const LAYERS = [Buffer.alloc(90_000, 'base'), Buffer.from('app')];
let folder: string;
let local: LocalImage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  const descriptor = await writeTestLayout(folder, { platforms: { 'linux/amd64': LAYERS } });
  const layout = await openLayoutFolder(folder);
  const image = await readLayoutImage(layout, descriptor);
  local = { name: pinnedImage('ghcr.io/me/shop', descriptor.digest), layout, image };
});
afterEach(() => rm(folder, { recursive: true }));

interface Behaviour {
  readonly wayBack?: WayBack;
  /** Diff ids of the layers of another image on the host. */
  readonly layers?: readonly string[];
  /** What a pull does; by default it fetches the manifest from the registry that the reference names. */
  readonly pull?: (reference: string, options: PullOptions) => Promise<void>;
  /** Whether the image is complete after the load of an archive of so many bytes. */
  readonly completes?: (bytes: number) => boolean;
}

/** A host with the classic image store: it knows an image by its config and its tags. */
function hostWith({ wayBack, layers = [], pull, completes = () => true }: Behaviour) {
  const manifest = local.image.manifests[0];
  if (manifest === undefined) throw new Error('The image has no manifest.');
  const own: ImageDetails = {
    ...{ id: manifest.config.digest, repoTags: [], repoDigests: [], layers: manifest.diffIds },
    ...{ size: 1, platform: 'linux/amd64' },
  };
  const calls: string[] = [];
  const names = new Set<string>();
  let isComplete = true;
  const engine = Object.assign(new MemoryEngine(hostName('ssh://one')), {
    openWayBack: (port: number) => Promise.resolve(wayBack ?? { kind: 'open' as const, port }),
    listImages: () => Promise.resolve([{ ...own, id: 'other' }]),
    async inspectImage(name: string) {
      if (name === 'other') return { ...own, id: 'other', layers };
      return names.has(name)
        ? { ...own, repoTags: [...names].filter((each) => !each.startsWith('sha256')) }
        : undefined;
    },
    async pullImage(reference: string, options: PullOptions) {
      calls.push(`pull ${reference.replace(/:\d+\//, ':PORT/').replace(/@.*/, '')}`);
      if (pull !== undefined) return await pull(reference, options);
      const { username, password, serveraddress } = options.login ?? {};
      const [repository = '', digest = ''] = reference.replace(`${serveraddress}/`, '').split('@');
      const answer = await fetch(`http://${serveraddress}/v2/${repository}/manifests/${digest}`, {
        headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
      });
      if (!answer.ok) throw new PullRefused(engine.host, 'pull', `status ${answer.status}`);
      await answer.arrayBuffer();
      names.add(reference);
    },
    async loadImage(archive: Readable) {
      const { length } = await buffer(archive);
      calls.push(`load ${length > 10_000 ? 'much' : 'little'}`);
      isComplete = completes(length);
      names.add(own.id);
    },
    async tagImage(_: string, repository: string, tag: string) {
      names.add(`${repository}:${tag}`);
    },
    async removeImage(name: string) {
      calls.push(`remove ${name.startsWith('sha256') ? 'id' : 'tag'}`);
      return names.delete(name);
    },
    isImageComplete: () => Promise.resolve(isComplete),
  });
  return { engine, calls };
}

async function send(behaviour: Behaviour, name = local.name) {
  const { engine, calls } = hostWith(behaviour);
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), debug() {}, notice() {}, warning() {}, error() {} };
  await using transfer = new DirectTransfer({
    images: new Map(),
    ...{ engines: [engine], folder, log },
  });
  const options = {
    platform: 'linux/amd64',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  const sent = await transfer.send(engine, { ...local, name }, options).catch((error: unknown) => error);
  return { sent, calls, log: lines.join('\n') };
}

test('the engine pulls from this process by digest, and gets a tag that says it', async () => {
  const { sent, calls } = await send({});
  expect(sent).toMatchObject({
    ...{ way: 'pulled', name: digestTagName(local.name), bytes: local.image.descriptor.size },
  });
  expect(calls).toEqual(['pull 127.0.0.1:PORT/me/shop']);
});

test('without a way back the layers that the host lacks are loaded, and the log says why', async () => {
  const wayBack = { kind: 'closed', why: 'TCP has no way back' } as const;
  const first = local.image.manifests[0]?.diffIds.slice(0, 1) ?? [];
  const { sent, calls, log } = await send({ wayBack, layers: first });
  expect(sent).toMatchObject({ way: 'missing layers loaded', name: digestTagName(local.name) });
  expect(calls).toEqual(['load little']);
  expect(log).toBe(
    `ssh://one: ${local.name} is sent as an archive through the API of the engine, because TCP has no way back.`,
  );
});

test('an engine that can not complete the image with its own layers gets all of them', async () => {
  const wayBack = { kind: 'closed', why: 'TCP has no way back' } as const;
  const first = local.image.manifests[0]?.diffIds.slice(0, 1) ?? [];
  let loads = 0;
  const completes = () => {
    loads += 1;
    return loads > 1;
  };
  const { sent, calls, log } = await send({ wayBack, layers: first, completes });
  expect(sent).toMatchObject({ way: 'all layers loaded' });
  expect(calls).toEqual(['load little', 'remove tag', 'remove id', 'load little']);
  expect(log).toContain('because those on the host do not complete it');
});

test('an engine that does not reach the loopback of its server gets an archive', async () => {
  const pull = (): Promise<void> =>
    Promise.reject(new PullRefused(hostName('ssh://one'), 'pull', 'dial tcp 127.0.0.1: connection refused'));
  const { sent, log } = await send({ pull });
  expect(sent).toMatchObject({ way: 'all layers loaded' });
  expect(log).toContain(
    'because its engine does not reach the loopback of its server (is it rootless, or in a virtual machine?)',
  );
});

test('a full disk is no reason for another way', async () => {
  const pull = (): Promise<void> =>
    Promise.reject(new PullRefused(hostName('ssh://one'), 'pull', 'write /x: no space left on device'));
  const { sent, calls } = await send({ pull });
  expect(sent).toBeInstanceOf(PullRefused);
  expect(calls).toHaveLength(1);
});

test('an engine that makes another image of the archive is not taken for one that has it', async () => {
  const wayBack = { kind: 'closed', why: 'TCP has no way back' } as const;
  const { sent } = await send({ wayBack, completes: () => false });
  expect(sent).toBeInstanceOf(HostError);
  expect(String(sent)).toContain('its engine made another image of the archive');
});

test('a copy from the classic store is no pull, because its layers would not be recognized', async () => {
  const first = local.image.manifests[0]?.diffIds.slice(0, 1) ?? [];
  const name = pinnedImage('ghcr.io/me/shop', digestOfContent('the manifest that it was deployed by'));
  const { sent, calls } = await send({ layers: first }, name);
  expect(sent).toMatchObject({ way: 'missing layers loaded', name: digestTagName(name) });
  expect(calls).toEqual(['load little']);
});

test('an archive that leaves out layers says so where the engine does not take its own for them', async () => {
  const [first] = local.image.manifests[0]?.layers ?? [];
  if (first === undefined) throw new Error('The image has no layers.');
  await rm(join(folder, blobPath(first.digest)));
  const wayBack = { kind: 'closed', why: 'TCP has no way back' } as const;
  const layers = local.image.manifests[0]?.diffIds.slice(0, 1) ?? [];
  const { sent, calls } = await send({ wayBack, layers, completes: () => false });
  expect(String(sent)).toContain('This host has them, but not as they were sent');
  expect(String(sent)).toContain('Export the release without "since".');
  expect(calls).toEqual(['load little', 'remove tag', 'remove id']);
});
