import { createHash } from 'node:crypto';
import type { ContainerSummary, Engine } from '../engine/engine.ts';
import { Conflict } from '../engine/errors.ts';
import { HostError } from '../model/errors.ts';
import { LABEL } from '../model/release.ts';
import { awaitCaddy, caddyContainer } from './container.ts';
import { onlyOwn, readDomains } from './domains.ts';
import { type AcmeSettings, CA_FILE, frontConfig } from './front-config.ts';
import { type AppName, FRONT_MOUNT, FRONT_VOLUME } from './layout.ts';
import { ensureNetwork } from './networks.ts';
import { explainTakenPort } from './ports.ts';

/**
 * The host's front: one container on ports 80 and 443 for the domains of all apps on a host. It is made by the first app that
 * has a domain, and is never touched again while another app's domain is on it.
 */

export const FRONT_CONTAINER = 'sealift-front';
const NETWORK = 'sealift-front';
/** Certificates and account keys: a volume of its own, since edges mount the other one. */
const DATA_VOLUME = 'sealift-front-data';
const DATA = '/data';
const CONFIG = `${DATA}/sealift.json`;
const PORTS = [80, 443] as const;
const LAYOUT = 1;

const labels: Readonly<Record<string, string>> = { [LABEL.role]: 'front' };
const FINGERPRINT = 'sealift.front';

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
  of: AppName,
  image: string,
  acme: AcmeSettings,
): Promise<string> {
  const found = await observeFront(engine);
  if (found !== undefined) {
    const kept = await keep(engine, of, acme, found);
    if (kept) return found.id;
    await engine.stopContainer(found.id);
    await engine.removeContainer(found.id, { force: true });
  }
  await ensureNetwork(engine, NETWORK, labels);
  for (const Name of [FRONT_VOLUME, DATA_VOLUME]) await engine.createVolume({ Name, Labels: labels });
  return create(engine, image, acme);
}

/** Whether a front that is found can stay; it is running then. */
async function keep(
  engine: Engine,
  of: AppName,
  acme: AcmeSettings,
  found: ContainerSummary,
): Promise<boolean> {
  const same = found.labels[FINGERPRINT] === fingerprint(acme);
  const sameAuthority = found.labels[AUTHORITY] === authority(acme);
  const domains = same ? new Map<string, string>() : await readDomains(engine, found.id);
  if (!sameAuthority)
    onlyOwn(engine.host, of, domains, `${FRONT_CONTAINER} gets its certificates elsewhere than "acme" says.`);
  const alone = [...domains.values()].every((owner) => owner === `${of.app}-${of.environment}`);
  if (!same && alone) return false;
  if (found.state !== 'running') await start(engine, found.id);
  return true;
}

async function create(engine: Engine, image: string, acme: AcmeSettings): Promise<string> {
  let id: string;
  try {
    id = await engine.createContainer(FRONT_CONTAINER, frontContainer(image, acme));
  } catch (error) {
    const other = error instanceof Conflict ? await observeFront(engine) : undefined;
    if (other === undefined) throw error;
    // Another app's deploy made it at this moment.
    await start(engine, other.id);
    return other.id;
  }
  try {
    const ca = acme.ca === undefined ? [] : [[CA_FILE, acme.ca] as const];
    const files = [...ca, [CONFIG, JSON.stringify(frontConfig(acme))] as const];
    await engine.writeFiles(
      id,
      DATA,
      new Map(files.map(([path, content]) => [path.slice(DATA.length + 1), { content, mode: 0o600 }])),
    );
    const folders = ['apps/.keep', 'domains/.keep'].map((path) => [path, { content: '' }] as const);
    await engine.writeFiles(id, FRONT_MOUNT, new Map(folders));
    await start(engine, id);
  } catch (error) {
    if (!engine.lost.aborted) await engine.removeContainer(id, { force: true });
    throw error;
  }
  return id;
}

async function start(engine: Engine, id: string): Promise<void> {
  try {
    await engine.startContainer(id);
  } catch (error) {
    const why = await explainTakenPort(engine, error, PORTS);
    if (why === error) throw error;
    throw new HostError(
      engine.host,
      `"domains" needs ports 80 and 443. ${why instanceof Error ? why.message : ''}`,
      { cause: why },
    );
  }
  await awaitCaddy(engine, id, FRONT_CONTAINER);
}

/** Takes the front away if no domain is on it; its certificates stay in their volume. Answers whether it did. */
export async function removeUnusedFront(engine: Engine): Promise<boolean> {
  const found = await observeFront(engine);
  if (found === undefined || (await readDomains(engine, found.id)).size > 0) return false;
  await engine.stopContainer(found.id);
  await engine.removeContainer(found.id, { force: true });
  return true;
}

const AUTHORITY = 'sealift.front.acme';
/** What decides where certificates come from; the e-mail does not. */
const authority = ({ directory, ca }: AcmeSettings): string => digest([directory ?? null, ca ?? null]);
const fingerprint = (acme: AcmeSettings): string => digest([LAYOUT, authority(acme), acme.email ?? null]);

function digest(of: unknown): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16);
}

/** The spec of the front's container. Pure. */
export function frontContainer(image: string, acme: AcmeSettings): Readonly<Record<string, unknown>> {
  const published = (port: number): readonly { readonly address: undefined; readonly port: number }[] => [
    { address: undefined, port },
  ];
  return caddyContainer({
    image,
    config: CONFIG,
    scratch: '/run/front',
    labels: { ...labels, [FINGERPRINT]: fingerprint(acme), [AUTHORITY]: authority(acme) },
    networks: [NETWORK],
    volumes: { [FRONT_VOLUME]: FRONT_MOUNT, [DATA_VOLUME]: DATA },
    ports: { '80/tcp': published(80), '443/tcp': published(443), '443/udp': published(443) },
    env: { XDG_DATA_HOME: DATA },
  });
}
