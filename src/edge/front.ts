import { createHash } from 'node:crypto';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { HostError } from '../model/errors.ts';
import { type AppEnvironment, LABEL } from '../model/release.ts';
import { caddyContainerSpec, waitForCaddy } from './caddy-container.ts';
import { readDomainOwners, refuseForeignDomains } from './domains.ts';
import { type AcmeSettings, CA_FILE, frontConfig } from './front-config.ts';
import { FRONT_MOUNT, FRONT_VOLUME } from './layout.ts';
import { ensureNetwork } from './networks.ts';
import { explainTakenPort } from './taken-port.ts';

/**
 * The host's front: one container on ports 80 and 443 for the domains of all apps on a host. It is made by the first app that
 * has a domain, and is never touched again while another app's domain is on it.
 */

export const FRONT_CONTAINER = 'sealift-front';
const FRONT_NETWORK = 'sealift-front';
/** Certificates and account keys: a volume of its own, since edges mount the other one. */
const FRONT_DATA_VOLUME = 'sealift-front-data';
const DATA_MOUNT = '/data';
const FRONT_CONFIG_FILE = `${DATA_MOUNT}/sealift.json`;
const FRONT_PORTS = [80, 443] as const;
const FRONT_LAYOUT_VERSION = 1;

const frontLabels: Readonly<Record<string, string>> = { [LABEL.role]: 'front' };
const FRONT_FINGERPRINT_LABEL = 'sealift.front';

/** Looks for the host's front. */
export async function observeFront(engine: Engine): Promise<ContainerSummary | undefined> {
  const found = await engine.listContainers([`${LABEL.role}=front`]);
  return found.find((container) => container.name === FRONT_CONTAINER);
}

/**
 * Sees to it that the front runs: made where it is missing, started where it stands still. It is made anew for other ACME
 * settings only while no other app has a domain on it.
 *
 * @param image must be on the host already
 * @returns the container's id
 * @throws HostError when port 80 or 443 is taken, or another app's front has other ACME settings
 */
export async function ensureFront(
  engine: Engine,
  of: AppEnvironment,
  image: string,
  acme: AcmeSettings,
): Promise<string> {
  const found = await observeFront(engine);
  if (found !== undefined) {
    const kept = await keepFront(engine, of, acme, found);
    if (kept) return found.id;
    await engine.stopContainer(found.id);
    await engine.removeContainer(found.id, { force: true });
  }
  await ensureNetwork(engine, FRONT_NETWORK, frontLabels);
  for (const Name of [FRONT_VOLUME, FRONT_DATA_VOLUME])
    await engine.createVolume({ Name, Labels: frontLabels });
  return createFront(engine, image, acme);
}

/** Whether a front that is found can stay; it is running then. */
async function keepFront(
  engine: Engine,
  of: AppEnvironment,
  acme: AcmeSettings,
  found: ContainerSummary,
): Promise<boolean> {
  const same = found.labels[FRONT_FINGERPRINT_LABEL] === frontFingerprint(acme);
  const sameAuthority = found.labels[ACME_LABEL] === acmeFingerprint(acme);
  const domains = same ? new Map<string, string>() : await readDomainOwners(engine, found.id);
  if (!sameAuthority)
    refuseForeignDomains(
      engine.host,
      of,
      domains,
      `${FRONT_CONTAINER} gets its certificates elsewhere than "acme" says.`,
    );
  const alone = [...domains.values()].every((owner) => owner === `${of.app}-${of.environment}`);
  if (!same && alone) return false;
  if (found.state !== 'running') await startFront(engine, found.id);
  return true;
}

async function createFront(engine: Engine, image: string, acme: AcmeSettings): Promise<string> {
  let id: string;
  try {
    id = await engine.createContainer(FRONT_CONTAINER, frontContainerSpec(image, acme));
  } catch (error) {
    const other = error instanceof Conflict ? await observeFront(engine) : undefined;
    if (other === undefined) throw error;
    // Another app's deploy made it at this moment.
    await startFront(engine, other.id);
    return other.id;
  }
  try {
    const ca = acme.ca === undefined ? [] : [[CA_FILE, acme.ca] as const];
    const files = [...ca, [FRONT_CONFIG_FILE, JSON.stringify(frontConfig(acme))] as const];
    await engine.writeFiles(
      id,
      DATA_MOUNT,
      new Map(files.map(([path, content]) => [path.slice(DATA_MOUNT.length + 1), { content, mode: 0o600 }])),
    );
    const folders = ['apps/.keep', 'domains/.keep'].map((path) => [path, { content: '' }] as const);
    await engine.writeFiles(id, FRONT_MOUNT, new Map(folders));
    await startFront(engine, id);
  } catch (error) {
    if (!engine.disconnected.aborted) await engine.removeContainer(id, { force: true });
    throw error;
  }
  return id;
}

async function startFront(engine: Engine, id: string): Promise<void> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    const why = await explainTakenPort(engine, error, FRONT_PORTS);
    if (why === error) throw error;
    throw new HostError(
      engine.host,
      `"domains" needs ports 80 and 443. ${why instanceof Error ? why.message : ''}`,
      { cause: why },
    );
  }
  await waitForCaddy(engine, id, FRONT_CONTAINER);
}

/** Takes the front away if no domain is on it; its certificates stay in their volume. Answers whether it did. */
export async function removeUnusedFront(engine: Engine): Promise<boolean> {
  const found = await observeFront(engine);
  if (found === undefined || (await readDomainOwners(engine, found.id)).size > 0) return false;
  await engine.stopContainer(found.id);
  await engine.removeContainer(found.id, { force: true });
  return true;
}

const ACME_LABEL = 'sealift.front.acme';
/** What decides where certificates come from; the e-mail does not. */
const acmeFingerprint = ({ directory, ca }: AcmeSettings): string =>
  shortDigest([directory ?? null, ca ?? null]);
const frontFingerprint = (acme: AcmeSettings): string =>
  shortDigest([FRONT_LAYOUT_VERSION, acmeFingerprint(acme), acme.email ?? null]);

function shortDigest(of: unknown): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16);
}

/** The spec of the front's container. Pure. */
export function frontContainerSpec(image: string, acme: AcmeSettings): Readonly<Record<string, unknown>> {
  const published = (port: number): readonly { readonly address: undefined; readonly port: number }[] => [
    { address: undefined, port },
  ];
  return caddyContainerSpec({
    image,
    config: FRONT_CONFIG_FILE,
    scratch: '/run/front',
    labels: {
      ...frontLabels,
      [FRONT_FINGERPRINT_LABEL]: frontFingerprint(acme),
      [ACME_LABEL]: acmeFingerprint(acme),
    },
    networks: [FRONT_NETWORK],
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [FRONT_DATA_VOLUME]: DATA_MOUNT },
    ports: { '80/tcp': published(80), '443/tcp': published(443), '443/udp': published(443) },
    env: { XDG_DATA_HOME: DATA_MOUNT },
  });
}
