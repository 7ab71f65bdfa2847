import type { Engine } from '../engine/engine.ts';
import { type ReleaseId, SLOTS } from '../model/release.ts';
import { type RouteAddresses, slotAddressFiles } from './addresses.ts';
import { type EdgeSpec, edgeConfig } from './edge-config.ts';
import {
  ALL_TRAFFIC_TO,
  APP_VOLUME_MOUNT,
  addressFile,
  CONFIG_FILE,
  EDGE_FOLDER,
  FRONT_MOUNT,
  fileName,
  MAX_UPSTREAMS,
  releaseFile,
  routeFolder,
  SPLIT_FILE,
} from './layout.ts';

/** The files that an edge finds when it starts. */

/** Where the routes of an edge that is made find a release that has a slot already; without those that it can't serve. */
export type FindAddresses = (release: ReleaseId) => Promise<RouteAddresses>;

/**
 * Puts the config and what state is missing into the volumes of an edge that does not run yet. The former edge reads the same
 * files: one that says something is right and stays; what is empty, nobody there asks for.
 *
 * @param findAddresses `undefined`: every file begins anew
 */
export async function writeEdgeFiles(
  engine: Engine,
  id: string,
  spec: EdgeSpec,
  findAddresses: FindAddresses | undefined,
): Promise<void> {
  const files = findAddresses === undefined ? [] : await engine.readFiles(id, EDGE_FOLDER);
  const existing = new Map(
    [...files].map(([path, content]) => [fileName(path), content.toString('utf8').trim()] as const),
  );
  const standing = findAddresses === undefined ? [] : await releaseAddressFiles(existing, findAddresses);
  const wanted = new Map([...initialEdgeFiles(spec), ...standing]);
  const missing = [...wanted].filter(([path, content]) => {
    const known = existing.get(fileName(path));
    return known === undefined || (known === '' && content !== '');
  });
  const config = [CONFIG_FILE, JSON.stringify(edgeConfig(spec))] as const;
  await engine.writeFiles(id, APP_VOLUME_MOUNT, relativeTo(APP_VOLUME_MOUNT, [...missing, config]));
  const folders = spec.routes
    .filter((route) => route.socket)
    .map((route) => [`${routeFolder(spec, route.id)}/.keep`, ''] as const);
  if (folders.length > 0) await engine.writeFiles(id, FRONT_MOUNT, relativeTo(FRONT_MOUNT, folders));
}

/** The addresses of the releases that have a slot, as the edge to come asks for them. */
async function releaseAddressFiles(
  existing: ReadonlyMap<string, string>,
  findAddresses: FindAddresses,
): Promise<readonly (readonly [string, string])[]> {
  const files = await Promise.all(
    SLOTS.map(async (slot) => {
      const release = existing.get(fileName(releaseFile(slot))) ?? '';
      return release === '' ? [] : [...slotAddressFiles(slot, await findAddresses(release))];
    }),
  );
  return files.flat().map(([name, address]) => [`${EDGE_FOLDER}/${name}`, `${address}\n`] as const);
}

/** Every file that the config reads, so that none is missing: Caddy logs an error with each request for one that is. */
export function initialEdgeFiles(spec: EdgeSpec): ReadonlyMap<string, string> {
  const addresses = SLOTS.flatMap((slot) =>
    spec.routes.flatMap(({ id }) =>
      Array.from({ length: MAX_UPSTREAMS }, (_, index) => [addressFile(slot, id, index), ''] as const),
    ),
  );
  const releases = SLOTS.map((slot) => [releaseFile(slot), ''] as const);
  return new Map([[SPLIT_FILE, `${ALL_TRAFFIC_TO.blue}\n`] as const, ...releases, ...addresses]);
}

function relativeTo(
  folder: string,
  files: readonly (readonly [string, string])[],
): ReadonlyMap<string, { readonly content: string; readonly mode: number }> {
  return new Map(files.map(([path, content]) => [path.slice(folder.length + 1), { content, mode: 0o644 }]));
}
