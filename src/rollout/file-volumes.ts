import type { Engine, NamedObject } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import {
  type AppEnvironment,
  baseProject,
  FILES_ROLE,
  LABEL,
  labelsOf,
  OWN_ROLE,
} from '../model/app-environment.ts';
import type { Release } from '../model/release.ts';
import { baseObjects } from '../release/make-release.ts';
import { allOrThrow } from '../run/promises.ts';
import { EMPTY_IMAGE, ensureEmptyImage } from './empty-image.ts';

/** Volumes with files of the checkout, which services mount read-only. */

const FILES_MOUNT = '/files';

/**
 * Writes the files into the volumes of a release that no container has yet: before one has it, a volume may be new, or a run was
 * killed while it wrote. Through a container that is never started, since containers of services can only read there.
 */
export async function fillFileVolumes(engine: Engine, release: Release): Promise<void> {
  const { files } = baseObjects(release);
  if (files.size === 0) return;
  const used = new Set((await engine.listContainers([])).flatMap(({ volumes }) => volumes));
  const unused = [...files].filter(([name]) => !used.has(name));
  if (unused.length > 0) await ensureEmptyImage(engine);
  for (const [Source, contents] of unused) {
    const container = await engine.createContainer(`${Source}-writer`, {
      Image: EMPTY_IMAGE,
      Cmd: ['never-started'],
      Labels: { ...labelsOf(release), [LABEL.role]: OWN_ROLE.probe },
      HostConfig: { Mounts: [{ Type: 'volume', Source, Target: FILES_MOUNT }] },
    });
    try {
      const written = contents.map(
        ({ path, content, mode }) => [path, { content, mode: Number.parseInt(mode, 8) }] as const,
      );
      await engine.writeFiles(container, FILES_MOUNT, new Map(written));
    } finally {
      await engine.removeContainer(container, { force: true, keepVolumes: true });
    }
  }
}

/** The volumes with files of all releases of an app. */
export function listFileVolumes(engine: Engine, app: AppEnvironment): Promise<readonly NamedObject[]> {
  const filters = Object.entries({ ...labelsOf(app), [LABEL.role]: FILES_ROLE });
  return engine.listVolumes(filters.map(([key, value]) => `${key}=${value}`));
}

/** Removes those that no kept release names, and no container has. */
export async function removeFileVolumes(
  engine: Engine,
  app: AppEnvironment,
  found: readonly NamedObject[],
  kept: readonly Release[],
): Promise<void> {
  const needed = new Set(kept.flatMap((release) => [...baseObjects(release).files.keys()]));
  const unneeded = found.filter(({ name }) => !needed.has(name) && name.startsWith(`${baseProject(app)}-`));
  await allOrThrow(
    unneeded.map(({ name }) =>
      engine.removeVolume(name).catch((error: unknown) => {
        if (!(error instanceof Conflict)) throw error;
      }),
    ),
  );
}
