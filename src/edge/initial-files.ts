import type { Engine } from '../engine/engine.ts';
import { SLOTS } from '../model/app-environment.ts';
import { isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { MAX_SERVED_REPLICAS } from '../model/route.ts';
import { type RouteAddresses, slotAddressFiles } from './addresses.ts';
import { writeIntoMount } from './caddy-container.ts';
import type { EdgeSpec } from './edge-spec.ts';
import {
  ALL_TRAFFIC_TO,
  APP_VOLUME_MOUNT,
  addressFile,
  EDGE_FOLDER,
  FRONT_MOUNT,
  releaseFile,
  routeFolder,
  SPLIT_FILE,
} from './layout.ts';
import { edgeFiles } from './read-traffic.ts';

/** The files that an edge finds when it starts. */

/** A container of an edge that was created and never started. */
export interface NewContainer {
  readonly id: string;
  /** Ports of the host that it publishes. */
  readonly ports: readonly number[];
  /** Networks on which it has a fixed address. */
  readonly networks: readonly string[];
  /** Its configs, by their names in the edge's directory. */
  readonly files: ReadonlyMap<string, string>;
  /** @throws HostError when it does not serve */
  readonly wait: (engine: Engine, id: string) => Promise<void>;
  /** Whether it listens on the sockets at which the front reaches the app. */
  readonly servesSockets: boolean;
}

/** The edge that is to serve. */
export interface NewEdge {
  readonly spec: EdgeSpec;
  /** Caddy's container: it can write to the volumes. It may run already. */
  readonly caddyId: string;
  readonly created: readonly NewContainer[];
}

/** The addresses of a release that is in a slot, by the routes of the edge that is created. */
export type FindAddresses = (release: ReleaseId) => Promise<RouteAddresses>;

/**
 * Writes the configs and missing state files into the volumes of an edge that does not run yet. The former edge may still run, and
 * uses the same files. So a file with content is right and stays; the former edge never reads an empty one.
 *
 * @param findAddresses `undefined`: all files are overwritten
 */
export async function writeEdgeFiles(
  engine: Engine,
  { spec, caddyId: id, created }: NewEdge,
  findAddresses: FindAddresses | undefined,
): Promise<void> {
  const files = initialEdgeFiles(spec);
  if (findAddresses !== undefined) {
    const existing = edgeFiles(await engine.readFiles(id, EDGE_FOLDER));
    for (const slot of SLOTS) {
      const release = existing.get(releaseFile(slot)) ?? '';
      if (!isReleaseId(release)) continue;
      for (const [name, address] of slotAddressFiles(slot, await findAddresses(release)))
        files.set(name, `${address}\n`);
    }
    for (const [name, content] of files) {
      const present = existing.get(name);
      if (present !== undefined && (present !== '' || content === '')) files.delete(name);
    }
  }
  for (const { files: configs } of created) for (const [name, content] of configs) files.set(name, content);
  const edgePaths = [...files].map(([name, content]) => [`${EDGE_FOLDER}/${name}`, content] as const);
  await writeIntoMount(engine, id, APP_VOLUME_MOUNT, edgePaths);
  const sockets = spec.routes.filter((route) => route.socket);
  const folders = sockets.map((route) => [`${routeFolder(spec, route.id)}/.keep`, ''] as const);
  if (folders.length > 0) await writeIntoMount(engine, id, FRONT_MOUNT, folders);
}

/** All files that the config reads. None may be missing: Caddy would log an error with each request. */
export function initialEdgeFiles(spec: EdgeSpec): Map<string, string> {
  const indexes = Array.from({ length: MAX_SERVED_REPLICAS }, (_, index) => index);
  const slotFiles = SLOTS.flatMap((slot) => [
    releaseFile(slot),
    ...spec.routes.flatMap(({ id }) => indexes.map((index) => addressFile(slot, id, index))),
  ]);
  return new Map([[SPLIT_FILE, `${ALL_TRAFFIC_TO.blue}\n`], ...slotFiles.map((name) => [name, ''] as const)]);
}
