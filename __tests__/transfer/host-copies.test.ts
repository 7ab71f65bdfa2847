import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ImageDetails } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { type PinnedImage, pinnedImage } from '../../src/model/image.ts';
import { HostCopies } from '../../src/transfer/host-copies.ts';
import { MemoryEngine } from '../rollout/support/memory-engine.ts';
import { hostName } from '../support/identifiers.ts';
import { writeTestLayout } from '../support/oci-layout.ts';

const signal = new AbortController().signal;
let folder: string;
let archive: Buffer;
let image: PinnedImage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealift-test-'));
  const layout = join(folder, 'layout');
  const { digest } = await writeTestLayout(layout, { platforms: { 'linux/amd64': [Buffer.from('app')] } });
  image = pinnedImage('ghcr.io/me/shop', digest);
  await promisify(execFile)('tar', ['-C', layout, '-cf', join(folder, 'image.tar'), '.']);
  archive = await readFile(join(folder, 'image.tar'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A host that has the image, or not. @param give what it makes of the wish for its bytes */
function host(name: string, give?: () => Promise<Readable>) {
  const details: ImageDetails = {
    ...{ id: 'id', repoTags: [], repoDigests: [], layers: [], size: 1, platform: 'linux/amd64' },
  };
  return Object.assign(new MemoryEngine(hostName(`ssh://${name}`)), {
    inspectImage: () => Promise.resolve(give && details),
    saveImage: give ?? (() => Promise.reject(new Error('It has none.'))),
  });
}

function copiesFrom(...engines: ReturnType<typeof host>[]) {
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), debug() {}, notice() {}, warning() {}, error() {} };
  return { copies: new HostCopies({ engines, folder, log }), lines };
}

const whole = (): Promise<Readable> => Promise.resolve(Readable.from([archive]));
const broken = (): Promise<Readable> =>
  Promise.reject(new HostError(hostName('ssh://bad'), 'its disk can not be read.'));

test('an image is read once for all hosts that lack it', async () => {
  let reads = 0;
  const { copies } = copiesFrom(
    host('none'),
    host('one', () => {
      reads += 1;
      return whole();
    }),
  );
  const [first, second] = await Promise.all([copies.copy(image, signal), copies.copy(image, signal)]);
  expect(first?.name).toBe(image);
  expect(second).toBe(first);
  expect(reads).toBe(1);
});

test('a host that fails does not keep the next one from giving it', async () => {
  const { copies, lines } = copiesFrom(host('bad', broken), host('good', whole));
  expect((await copies.copy(image, signal))?.name).toBe(image);
  expect(lines).toContain(`ssh://bad does not give ${image}: its disk can not be read.`);
});

test('if every host that has it fails, the error is the first one, and a later try reads anew', async () => {
  const answers = [broken, whole];
  const { copies } = copiesFrom(host('bad', () => (answers.shift() ?? broken)()));
  await expect(copies.copy(image, signal)).rejects.toThrow('its disk can not be read.');
  expect((await copies.copy(image, signal))?.name).toBe(image);
});

test('no host has it', async () => {
  const { copies } = copiesFrom(host('none'));
  expect(await copies.has(image, signal)).toBe(false);
  expect(await copies.copy(image, signal)).toBeUndefined();
});
