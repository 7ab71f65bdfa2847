import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TestedImage } from '../../src/image/build-and-test.ts';
import { planBuild } from '../../src/image/build-plan.ts';
import { buildTargetsOf } from '../../src/image/build-targets.ts';
import { exportImages } from '../../src/image/export-images.ts';
import { RunnerImages } from '../../src/image/runner-images.ts';
import { asObject, asStrings } from '../../src/model/json.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import { digestOfContent } from '../../src/oci/descriptor.ts';
import { openLayoutFolder } from '../../src/oci/layout.ts';
import { type LayoutManifest, readLayoutImage } from '../../src/oci/layout-image.ts';
import { writeTestLayout } from '../support/oci-layout.ts';
import { buildSource, COMMIT, OPTIONS } from './support/build.ts';
import { registryContext } from './support/registry-context.ts';

/** What the builder makes. */
const IMAGE = { platforms: { 'linux/amd64': [Buffer.from('app')], 'linux/arm64': [Buffer.from('arm')] } };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Stands in for buildx, with a builder that writes layouts. */
const buildx: RunProgram = async (_, args) => {
  const result = { stdout: 'Driver: docker-container', stderr: '', exitCode: 0 };
  if (args[1] !== 'bake') return result;
  const after = (flag: string): string => args[args.indexOf(flag) + 1] ?? '';
  const targets = Object.entries(
    asObject(asObject(JSON.parse(await readFile(after('--file'), 'utf8')))['target']),
  );
  for (const [, target] of targets) {
    const [output = ''] = asStrings(asObject(target)['output']);
    await writeTestLayout(/dest=([^,]+)/.exec(output)?.[1] ?? '', IMAGE);
  }
  const built = targets.map(([id]) => [id, { 'containerimage.digest': digestOfContent('built') }]);
  await writeFile(after('--metadata-file'), JSON.stringify(Object.fromEntries(built)));
  return result;
};

/** The image for the first platform, as a test has had it. */
async function manifestOfImage(): Promise<LayoutManifest> {
  const path = join(folder, 'expected');
  const descriptor = await writeTestLayout(path, IMAGE);
  const [manifest] = (await readLayoutImage(await openLayoutFolder(path), descriptor)).manifests;
  if (manifest === undefined) throw new Error('The image has no manifest.');
  return manifest;
}

/** Exports an image after such a test. @returns what the runner keeps of it */
async function exportAfter(tested: TestedImage) {
  const source = buildSource('me/shop');
  const task = {
    targets: buildTargetsOf(undefined, source),
    options: OPTIONS,
    commit: COMMIT,
    contents: new Map(),
  };
  const plan = planBuild(task, folder);
  const kept = join(folder, 'kept');
  const results = new Map(plan.items.map((item) => [item, tested]));
  const context = registryContext({ run: buildx, folder, workspace: folder });
  const failure = await exportImages(plan, results, new RunnerImages(kept), context).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  return { failure, kept: await readdir(kept) };
}

test.each(['config', 'manifest'] as const)(
  'the image that was tested is kept: it has its %s',
  async (kind) => {
    const { config, descriptor } = await manifestOfImage();
    const digests = { config: config.digest, manifest: descriptor.digest };
    const tested = { config: undefined, manifest: undefined, [kind]: digests[kind], platform: 'linux/amd64' };
    const { failure, kept } = await exportAfter(tested);
    expect(failure).toBeUndefined();
    expect(kept).toHaveLength(1);
  },
);

test('another one than that which was tested is refused, and nothing of it is left', async () => {
  const { config } = await manifestOfImage();
  const other = digestOfContent('other');
  const { failure, kept } = await exportAfter({
    config: other,
    manifest: undefined,
    platform: 'linux/amd64',
  });
  expect(failure).toContain(
    `is not what was tested: it is ${config.digest}, the tested one is ${other}. Nothing was sent.`,
  );
  expect(kept).toEqual([]);
});

test('the tested platform must be in it', async () => {
  const { config } = await manifestOfImage();
  const tested = { config: config.digest, manifest: undefined, platform: 'linux/s390x' };
  expect((await exportAfter(tested)).failure).toContain('it is missing for linux/s390x');
});
