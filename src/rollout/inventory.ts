import { frontAmong } from '../edge/front.ts';
import { FRONT_VOLUME, stateVolume } from '../edge/layout.ts';
import { readFrontEntries } from '../edge/leave-front.ts';
import { labelFilters } from '../edge/networks.ts';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { type AppEnvironment, FILES_ROLE, LABEL, labelsOf } from '../model/app-environment.ts';
import type {
  EnvironmentInventory,
  InventoryContainer,
  InventoryVolume,
  OwnPartOfFront,
} from '../model/inventory.ts';
import { isStopped, liveRelease } from '../plan/host-queries.ts';
import { hasOwnRole } from './compose-labels.ts';
import { findEnvironmentImages } from './environment-images.ts';
import { observeHost } from './observe-host.ts';

/**
 * Finds everything of an app and environment on a host by its labels and tags. Changes nothing.
 * @throws ConfigurationError if the names belong to another app there
 */
export async function takeInventory(
  engine: Engine,
  appEnvironment: AppEnvironment,
): Promise<EnvironmentInventory> {
  const { host, records } = await observeHost(engine, appEnvironment);
  const labels = labelFilters(labelsOf(appEnvironment));
  const [all, networks, volumes, files] = await Promise.all([
    engine.listContainers([]),
    engine.listNetworks(labels),
    engine.listVolumes(labels),
    engine.listVolumes([...labels, `${LABEL.role}=${FILES_ROLE}`]),
  ]);
  const { app, environment } = appEnvironment;
  const isOwn = (each: ContainerSummary): boolean =>
    each.labels[LABEL.app] === app && each.labels[LABEL.environment] === environment;
  const own = all.filter(isOwn);
  const others = all.filter((each) => !isOwn(each));
  const namesOf = (containers: readonly ContainerSummary[]): string[] => containers.map(({ name }) => name);
  const [images, front] = await Promise.all([
    findEnvironmentImages(
      engine,
      appEnvironment,
      records.releases,
      new Set(others.map(({ imageId }) => imageId)),
    ),
    findOwnPartOfFront(engine, appEnvironment, all, own),
  ]);
  const withUsers = volumes.map(
    ({ name }): InventoryVolume => ({
      name,
      usedBy: namesOf(others.filter((each) => each.volumes.includes(name))),
    }),
  );
  const hasFiles = ({ name }: InventoryVolume): boolean => files.some((each) => each.name === name);
  const isState = ({ name }: InventoryVolume): boolean => name === stateVolume(appEnvironment);
  return {
    host: engine.host,
    live: liveRelease(host)?.id,
    releases: records.releases,
    front,
    containers: own.map(inventoryContainer),
    networks: networks.map(({ id, name }) => ({
      id,
      name,
      usedBy: namesOf(others.filter((each) => !isStopped(each) && each.networks.includes(name))),
    })),
    images,
    volumes: withUsers.filter((volume) => !isState(volume) && !hasFiles(volume)),
    fileVolumes: withUsers.filter(hasFiles),
    state: withUsers.find(isState),
  };
}

function inventoryContainer(container: ContainerSummary): InventoryContainer {
  const { id, name, volumes, labels } = container;
  return {
    ...{ id, name, labels, part: partOf(container) },
    anonymousVolumes: volumes.filter(isAnonymous),
    running: !isStopped(container),
  };
}

function partOf(container: ContainerSummary): InventoryContainer['part'] {
  if (hasOwnRole(container, 'edge', 'tcpEdge')) return 'edge';
  if (hasOwnRole(container, 'records')) return 'records';
  const ofRelease = Object.hasOwn(container.labels, LABEL.release) || hasOwnRole(container, 'hook', 'trial');
  return ofRelease ? 'release' : 'accessory';
}

/** The engine names a volume that has no name with 64 hex digits (moby, daemon/volumes_unix.go and stringid). */
const isAnonymous = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** The front, or an edge of the app that mounts the volume of the front, whichever runs. */
async function findOwnPartOfFront(
  engine: Engine,
  appEnvironment: AppEnvironment,
  all: readonly ContainerSummary[],
  own: readonly ContainerSummary[],
): Promise<OwnPartOfFront | undefined> {
  const front = frontAmong(all);
  const edges = own.filter((each) => hasOwnRole(each, 'edge') && each.volumes.includes(FRONT_VOLUME));
  const mounting = [...(front === undefined ? [] : [front]), ...edges];
  const container = mounting.find(({ state }) => state === 'running') ?? mounting[0];
  if (container === undefined) return undefined;
  const { domains, hasFolders, hasOtherApps } = await readFrontEntries(engine, appEnvironment, container.id);
  const { id, name, state } = container;
  const usesFront = edges.length > 0 || hasFolders || domains.length > 0;
  return {
    container: { id, name, running: state === 'running' },
    domains,
    hasFolders,
    isLastApp: front !== undefined && usesFront && !hasOtherApps,
  };
}
