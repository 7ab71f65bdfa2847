import type { Engine } from '../engine/engine.ts';
import { type ReleaseId, SLOTS } from '../model/release.ts';
import { type Addresses, slotFiles } from './addresses.ts';
import { type EdgeSpec, edgeConfig } from './config.ts';
import {
  ALL_TO,
  addressFile,
  CONFIG_FILE,
  EDGE_FOLDER,
  FRONT_MOUNT,
  fileName,
  releaseFile,
  routeFolder,
  SPLIT_FILE,
  STATE,
  UPSTREAMS,
} from './layout.ts';

/** The files that an edge finds when it starts. */

/** Where the routes of an edge that is made find a release that has a slot already; without those that it can't serve. */
export type WhereStands = (release: ReleaseId) => Promise<Addresses>;

/**
 * Puts the config and what state is missing into the volumes of an edge that does not run yet. The former edge reads the same
 * files: one that says something is right and stays; what is empty, nobody there asks for.
 *
 * @param whereStands `undefined`: every file begins anew
 */
export async function writeState(
  engine: Engine,
  id: string,
  spec: EdgeSpec,
  whereStands: WhereStands | undefined,
): Promise<void> {
  const files = whereStands === undefined ? [] : await engine.readFiles(id, EDGE_FOLDER);
  const there = new Map(
    [...files].map(([path, content]) => [fileName(path), content.toString('utf8').trim()] as const),
  );
  const standing = whereStands === undefined ? [] : await standingFiles(there, whereStands);
  const wanted = new Map([...initialState(spec), ...standing]);
  const lacking = [...wanted].filter(([path, content]) => {
    const known = there.get(fileName(path));
    return known === undefined || (known === '' && content !== '');
  });
  const config = [CONFIG_FILE, JSON.stringify(edgeConfig(spec))] as const;
  await engine.writeFiles(id, STATE, below(STATE, [...lacking, config]));
  const folders = spec.routes
    .filter((route) => route.socket)
    .map((route) => [`${routeFolder(spec, route.id)}/.keep`, ''] as const);
  if (folders.length > 0) await engine.writeFiles(id, FRONT_MOUNT, below(FRONT_MOUNT, folders));
}

/** The addresses of the releases that have a slot, as the edge to come asks for them. */
async function standingFiles(
  there: ReadonlyMap<string, string>,
  whereStands: WhereStands,
): Promise<readonly (readonly [string, string])[]> {
  const files = await Promise.all(
    SLOTS.map(async (slot) => {
      const release = there.get(fileName(releaseFile(slot))) ?? '';
      return release === '' ? [] : [...slotFiles(slot, await whereStands(release))];
    }),
  );
  return files.flat().map(([name, address]) => [`${EDGE_FOLDER}/${name}`, `${address}\n`] as const);
}

/** Every file that the config reads, so that none is missing: Caddy logs an error with each request for one that is. */
export function initialState(spec: EdgeSpec): ReadonlyMap<string, string> {
  const addresses = SLOTS.flatMap((slot) =>
    spec.routes.flatMap(({ id }) =>
      Array.from({ length: UPSTREAMS }, (_, index) => [addressFile(slot, id, index), ''] as const),
    ),
  );
  const releases = SLOTS.map((slot) => [releaseFile(slot), ''] as const);
  return new Map([[SPLIT_FILE, `${ALL_TO.blue}\n`] as const, ...releases, ...addresses]);
}

function below(
  folder: string,
  files: readonly (readonly [string, string])[],
): ReadonlyMap<string, { readonly content: string; readonly mode: number }> {
  return new Map(files.map(([path, content]) => [path.slice(folder.length + 1), { content, mode: 0o644 }]));
}
