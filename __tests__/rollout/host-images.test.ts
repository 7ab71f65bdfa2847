import { describe, expect, test } from '@jest/globals';
import type { ImageDetails } from '../../src/engine/engine.ts';
import { hostName } from '../../src/model/identifiers.ts';
import type { RunProgram } from '../../src/model/step-context.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { HostContext } from '../../src/rollout/host-context.ts';
import { pullImages } from '../../src/rollout/host-images.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';
import { MemoryEngine } from './support/memory-engine.ts';
import { testHostContext } from './support/watched-engine.ts';

const ID = releaseId('22222222');
const release = { ...makeRelease(ID, { web: 'worker' }), base: { services: {} }, routes: [] };
const image = release.services['web']?.image ?? '';
const action: Action<'pull-images'> = { kind: 'pull-images', release: ID };

/** A host that has some images, and a `docker pull` that prints these lines and brings the image. */
function hostWith(
  images: readonly string[],
  lines: readonly string[],
): HostContext & { readonly seen: string[] } {
  const present = new Set(images);
  const seen: string[] = [];
  const engine = new MemoryEngine(hostName('ssh://one'));
  const details: ImageDetails = {
    id: 'sha256:1',
    repoTags: [],
    repoDigests: [],
    layers: [],
    size: 92_000_000,
  };
  Object.assign(engine, {
    inspectImage: (name: string) => Promise.resolve(present.has(name) ? details : undefined),
    tagImage: () => Promise.resolve(),
    listContainers: () => Promise.resolve([]),
    version: () => Promise.resolve({ version: '', apiVersion: '', os: 'linux', architecture: 'amd64' }),
  });
  const context: HostContext = {
    ...testHostContext(engine, new AbortController().signal),
    releases: new Map([[ID, release]]),
  };
  const run: RunProgram = async (_program, args, options) => {
    // The registry answers before the first line comes.
    await new Promise(setImmediate);
    for (const line of lines) {
      options?.onLine?.(line, 'stdout');
      seen.push(String(await context.waitStatus.look?.()));
    }
    present.add(args.at(-1) ?? '');
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const layers = [{ digest: `sha256:${'a'.repeat(64)}`, diffId: 'sha256:d', size: 3_400_000 }];
  const lookUpLayers = () => Promise.resolve(new Map([['linux/amd64', { layers }]]));
  return { ...context, run, lookUpLayers, seen };
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

  test('does not fail, and names no bytes, if the registry does not say how large an image is', async () => {
    const host = hostWith([], ['aaaaaaaaaaaa: Pull complete']);
    const lookUpLayers = () => Promise.reject(new Error('no route to host'));
    expect(await pullImages({ ...host, lookUpLayers }, action)).toBe('1 of 1 pulled');
  });
});
