/** A release whose images are in a registry of this process, and its archives. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { exportRelease, type WrittenArchive } from '../../../src/archive/export-release.ts';
import type { Release } from '../../../src/model/release.ts';
import { digestOfContent, MEDIA_TYPE } from '../../../src/oci/descriptor.ts';
import type { LocalImage } from '../../../src/transfer/local-image.ts';
import { makeStepContext, type TestStepContext } from '../../engine/step-context.ts';
import { makeRelease } from '../../plan/world.ts';
import { type TestRegistry, testRegistry } from '../../registry/support/test-registry.ts';

interface Layer {
  readonly content: Buffer;
}

/** Content that gzip can't make smaller, and that is the same for the same seed. */
export function layer(bytes: number, seed = 1): Layer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest(),
  );
  return { content: Buffer.concat(blocks).subarray(0, bytes) };
}

/** Puts an image into a registry and returns its digest. */
export function push(
  { manifests, blobs }: TestRegistry,
  repository: string,
  tag: string,
  platforms: Readonly<Record<string, readonly Layer[]>>,
): string {
  const blob = (bytes: Buffer, mediaType: string) => {
    const digest = digestOfContent(bytes);
    blobs.set(`${repository}/${digest}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const put = (data: object, mediaType: string, ...names: readonly string[]) => {
    const bytes = Buffer.from(JSON.stringify(data));
    const digest = digestOfContent(bytes);
    for (const name of [digest, ...names]) manifests.set(`${repository}/${name}`, { type: mediaType, bytes });
    return { mediaType, digest, size: bytes.length };
  };
  const own = Object.entries(platforms).map(([platform, layers]) => {
    const [os, architecture] = platform.split('/');
    const config = {
      ...{ os, architecture, created: '2026-01-02T03:04:05Z', config: { Cmd: ['true'] } },
      rootfs: { type: 'layers', diff_ids: layers.map(({ content }) => digestOfContent(content)) },
    };
    const manifest = {
      ...{ schemaVersion: 2, mediaType: MEDIA_TYPE.manifest },
      config: blob(Buffer.from(JSON.stringify(config)), MEDIA_TYPE.config),
      layers: layers.map(({ content }) => blob(gzipSync(content), `${MEDIA_TYPE.layer}+gzip`)),
    };
    return { ...put(manifest, MEDIA_TYPE.manifest, tag), platform: { os, architecture } };
  });
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only.digest;
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests: own };
  return put(index, MEDIA_TYPE.index, tag).digest;
}

/** A registry, a step and a folder, until the end of the scope. */
export interface Shipping extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly step: TestStepContext;
  /** A path in the folder. */
  path(name: string): string;
  release(id: string, image: string, accessory?: string): Release;
  export(
    release: Release,
    changes?: Partial<ExportOptions>,
  ): Promise<WrittenArchive & { readonly file: string }>;
}

interface ExportOptions {
  readonly platforms: readonly string[];
  readonly signKey: string | undefined;
  readonly earlier: WrittenArchive['record'] | undefined;
  readonly file: string;
  readonly contents: ReadonlyMap<string, string>;
  readonly local: readonly LocalImage[];
}

export async function shipping(): Promise<Shipping> {
  const registry = await testRegistry();
  const step = await makeStepContext();
  const path = (name: string): string => join(step.folder, name);
  return {
    ...{ registry, step, path },
    release: (id, image, accessory) => {
      const made = makeRelease(id, { jobs: 'worker' });
      const services = { jobs: { ...made.services['jobs'], image } } as unknown as Release['services'];
      const base = accessory === undefined ? { services: {} } : { services: { db: { image: accessory } } };
      return { ...made, services, base };
    },
    async export(release, { platforms = ['linux/amd64'], signKey, earlier, file, contents, local } = {}) {
      const target = path(file ?? `${release.app}-${release.id}.sealift.tar`);
      const environment = { HOME: step.folder, DOCKER_CONFIG: step.folder };
      const written = await exportRelease(
        release,
        contents ?? new Map(),
        { platforms, edgeImage: 'caddy:2', tcpEdgeImage: 'haproxy:3.2-alpine', signKey },
        {
          ...{ ...step, environment, workspace: step.folder, earlier, file: target, local: local ?? [] },
          retryPolicy: { attempts: 3, firstWait: 1, longestWait: 1 },
          signal: new AbortController().signal,
        },
      );
      return { ...written, file: target };
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await step.remove();
    },
  };
}
