import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { type AppEnvironment, baseProject, LABEL } from '../model/app-environment.ts';
import { HostError, messageWithoutHost } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import { waitForCaddy, writeIntoMount } from './caddy-container.ts';
import { readDomainOwners, refuseForeignDomains } from './domains.ts';
import { type AcmeSettings, CA_FILE, frontConfig } from './front-config.ts';
import {
  ACME_LABEL,
  FRONT_CONFIG_FILE,
  FRONT_DATA_MOUNT,
  FRONT_DATA_VOLUME,
  FRONT_FINGERPRINT_LABEL,
  FRONT_LABELS,
  FRONT_NETWORK,
  frontContainerSpec,
  frontLabels,
} from './front-container.ts';
import { FRONT_MOUNT, FRONT_VOLUME } from './layout.ts';
import { ensureNetwork, labelFilters } from './networks.ts';
import { explainTakenPort } from './taken-port.ts';

/**
 * The host's front: one container on ports 80 and 443 for the domains of all apps on a host. The first app with a domain creates
 * it. While another app has a domain on it, it is not replaced.
 */

export const FRONT_CONTAINER = 'sealift-front';

/** Reads the host's front from the engine. */
export async function observeFront(engine: Engine): Promise<ContainerSummary | undefined> {
  return frontAmong(await engine.listContainers(labelFilters(FRONT_LABELS)));
}

/** The front among the containers of a host. If an interrupted replacement left two, the running one counts. */
export function frontAmong(containers: readonly ContainerSummary[]): ContainerSummary | undefined {
  const fronts = containers.filter(({ labels }) => labels[LABEL.role] === 'front');
  return fronts.find(({ state }) => state === 'running') ?? fronts[0];
}

/**
 * Makes sure that the front runs. It is replaced for other ACME settings only if no other app has a domain on it.
 *
 * @param image must be on the host already
 * @returns the container's id
 * @throws HostError when port 80 or 443 is taken, or when the front of other apps has another CA
 */
export async function ensureFront(
  engine: Engine,
  app: AppEnvironment,
  image: string,
  acme: AcmeSettings,
): Promise<string> {
  const found = await observeFront(engine);
  if (found !== undefined && (await canKeepFront(engine, app, acme, found))) {
    if (found.state !== 'running') await startFront(engine, found.id);
    return found.id;
  }
  await ensureNetwork(engine, FRONT_NETWORK, FRONT_LABELS);
  for (const Name of [FRONT_VOLUME, FRONT_DATA_VOLUME])
    await engine.createVolume({ Name, Labels: FRONT_LABELS });
  return found === undefined ? createFront(engine, image, acme) : replaceFront(engine, found, image, acme);
}

async function canKeepFront(
  engine: Engine,
  app: AppEnvironment,
  acme: AcmeSettings,
  found: ContainerSummary,
): Promise<boolean> {
  const labels = frontLabels(acme);
  const isSame = (label: string): boolean => found.labels[label] === labels[label];
  if (isSame(FRONT_FINGERPRINT_LABEL)) return true;
  const owners = await readDomainOwners(engine, found.id);
  const reason = `${FRONT_CONTAINER} gets its certificates from another CA than "${inputRef('acme-directory')}" and "${inputRef('acme-ca')}" name.`;
  if (!isSame(ACME_LABEL)) refuseForeignDomains(engine.host, app, owners, reason);
  return [...owners.values()].some((owner) => owner !== baseProject(app));
}

async function createFront(engine: Engine, image: string, acme: AcmeSettings): Promise<string> {
  let id: string;
  try {
    id = await engine.createContainer(FRONT_CONTAINER, frontContainerSpec(image, acme));
  } catch (error) {
    const other = error instanceof Conflict ? await observeFront(engine) : undefined;
    if (other === undefined) throw error;
    // The deploy of another app has just created it.
    await startFront(engine, other.id);
    return other.id;
  }
  try {
    await writeAndStartFront(engine, id, acme);
  } catch (error) {
    if (!engine.disconnected.aborted) await engine.removeContainer(id, { force: true });
    throw error;
  }
  return id;
}

/**
 * Both need the same ports, so the former front stops first. If the new one does not serve, the former one runs again, with its
 * own config, and only then the new one is removed.
 */
async function replaceFront(
  engine: Engine,
  former: ContainerSummary,
  image: string,
  acme: AcmeSettings,
): Promise<string> {
  const contents = await Promise.all(
    [FRONT_CONFIG_FILE, CA_FILE].map((path) => engine.readFiles(former.id, path)),
  );
  // An interrupted replacement may have left one that does not run.
  for (const other of await engine.listContainers(labelFilters(FRONT_LABELS)))
    if (other.id !== former.id) await engine.removeContainer(other.id, { force: true });
  const name = former.name === FRONT_CONTAINER ? `${FRONT_CONTAINER}-2` : FRONT_CONTAINER;
  const id = await engine.createContainer(name, frontContainerSpec(image, acme));
  try {
    await engine.stopContainer(former.id);
    await writeAndStartFront(engine, id, acme);
  } catch (error) {
    if (engine.disconnected.aborted) throw error;
    const files = contents.flatMap((each) => [...each]);
    throw await restoreFront(engine, former, id, new Map(files), error);
  }
  await engine.removeContainer(former.id, { force: true });
  return id;
}

/**
 * @param files of the former front's config, as they were
 * @returns `cause`, with what could not be restored
 */
async function restoreFront(
  engine: Engine,
  former: ContainerSummary,
  failed: string,
  files: ReadonlyMap<string, Buffer>,
  cause: unknown,
): Promise<unknown> {
  try {
    await engine.stopContainer(failed, 0);
    const contents = new Map([...files].map(([path, content]) => [path, { content, mode: 0o600 }]));
    await engine.writeFiles(former.id, FRONT_DATA_MOUNT, contents);
    if (former.state === 'running') await startFront(engine, former.id);
    await engine.removeContainer(failed, { force: true });
    return cause;
  } catch (error) {
    const [why, failure] = [cause, error].map((each) => messageWithoutHost(engine.host, each));
    return new HostError(engine.host, `${why} The former front could not be restored: ${failure}`, { cause });
  }
}

async function writeAndStartFront(engine: Engine, id: string, acme: AcmeSettings): Promise<void> {
  const ca = acme.ca === undefined ? [] : [[CA_FILE, acme.ca] as const];
  const files = [...ca, [FRONT_CONFIG_FILE, JSON.stringify(frontConfig(acme))] as const];
  await writeIntoMount(engine, id, FRONT_DATA_MOUNT, files, 0o600);
  const folders = ['apps', 'domains'].map((name) => [`${FRONT_MOUNT}/${name}/.keep`, ''] as const);
  await writeIntoMount(engine, id, FRONT_MOUNT, folders);
  await startFront(engine, id);
}

async function startFront(engine: Engine, id: string): Promise<void> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    const cause = await explainTakenPort(engine, error, [80, 443]);
    if (cause === error) throw error;
    const message = `"${inputRef('domains')}" needs ports 80 and 443: ${messageWithoutHost(engine.host, cause)}`;
    throw new HostError(engine.host, message, { cause });
  }
  await waitForCaddy(engine, id);
}

/** Removes the front if no domain is on it; its certificates stay in their volume. Returns whether it was removed. */
export async function removeUnusedFront(engine: Engine): Promise<boolean> {
  const found = await observeFront(engine);
  if (found === undefined || (await readDomainOwners(engine, found.id)).size > 0) return false;
  await removeFront(engine, found);
  return true;
}

async function removeFront(engine: Engine, { id }: ContainerSummary): Promise<void> {
  await engine.stopContainer(id);
  await engine.removeContainer(id, { force: true });
}
