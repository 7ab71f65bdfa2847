import type { ReleaseId } from './identifiers.ts';
import type { Upstream } from './route.ts';

/** The live release is in one slot; the next one is prepared in the other. */
export type Slot = 'blue' | 'green';

export const SLOTS = ['blue', 'green'] as const;

export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue');

/** An app in one of its environments: what a deploy is for, and what the names and labels on a host are made from. */
export interface AppEnvironment {
  readonly app: string;
  readonly environment: string;
}

/** `<app>-<environment>`: the Compose project of the accessories, and the prefix of every name that Sealift makes for them. */
export function baseProject(appEnvironment: AppEnvironment): string {
  return `${appEnvironment.app}-${appEnvironment.environment}`;
}

/** `<app>-<environment>-<release>`: the Compose project of one release. */
export function releaseProject(release: AppEnvironment & { readonly id: ReleaseId }): string {
  return `${baseProject(release)}-${release.id}`;
}

/** The network of a slot. The edge and the release in the slot are on it, so a release finds its own services first. */
export function slotNetwork(appEnvironment: AppEnvironment, slot: Slot): string {
  return `${baseProject(appEnvironment)}-${slot}`;
}

/** A network on which proxies of the Compose file reach the edge. */
export const upstreamNetwork = (app: AppEnvironment, { network }: Pick<Upstream, 'network'>): string =>
  `${baseProject(app)}-${network}`;

/** Key of such a network in the Compose file of the accessories. */
export const upstreamKey = ({ network }: Pick<Upstream, 'network'>): string => `sealift-${network}`;

/** Labels on everything that Sealift creates; the host's front has only a role. It never touches anything without them. */
export const LABEL = {
  app: 'sealift.app',
  environment: 'sealift.environment',
  release: 'sealift.release',
  /** On the networks of slots only. Containers can move, so only their networks say in which slot they are. */
  slot: 'sealift.slot',
  role: 'sealift.role',
  /** The restart policy of a container while its release may run: `always`, `on-failure:3`. */
  restart: 'sealift.restart',
  /** Fingerprint of the definition from which an accessory was created. */
  definition: 'sealift.definition',
  /** On a workload of Kubernetes that has the release in its name: its name in the manifest. */
  workload: 'sealift.workload',
  edge: 'sealift.edge',
  /** On the container that is the lock: which run holds it, as JSON. */
  lock: 'sealift.lock',
} as const;

/** Values of `LABEL.role` on the containers that Sealift runs for itself. Those of services have their `Role`. */
export const OWN_ROLE = {
  edge: 'edge',
  tcpEdge: 'tcp-edge',
  front: 'front',
  records: 'records',
  hook: 'hook',
  trial: 'trial',
  probe: 'probe',
  lock: 'lock',
  test: 'test',
} as const;

/** Value of `LABEL.role` on volumes with files of the checkout. */
export const FILES_ROLE = 'files';

/** The labels by which Sealift finds everything of an app and environment. */
export function labelsOf({ app, environment }: AppEnvironment): Readonly<Record<string, string>> {
  return { [LABEL.app]: app, [LABEL.environment]: environment };
}
