import type { ReleaseId } from '../model/identifiers.ts';
import type {
  EnvironmentInventory,
  InventoryContainer,
  InventoryImage,
  InventoryNetwork,
  InventoryVolume,
} from '../model/inventory.ts';
import { joinWithAnd } from '../model/text.ts';

/** Takes an environment away from one host: what is done, in which order, and what stays. Pure. */

/** What each step of a removal needs to know. Every step can be repeated. */
interface RemovalFields {
  /** From then on no visitor of a domain reaches the app. The directories of its sockets go too. */
  'release-domains': { readonly container: string; readonly domains: readonly string[] };
  /** As after a deploy that gives up its domains: the front goes with the last domain on the host. */
  'remove-front': unknown;
  'remove-containers': {
    readonly part: 'edge' | 'release' | 'accessory';
    readonly containers: readonly InventoryContainer[];
    readonly keepVolumes: boolean;
  };
  'remove-networks': { readonly networks: readonly InventoryNetwork[] };
  'remove-images': { readonly images: readonly InventoryImage[] };
  'remove-volumes': {
    readonly volumes: readonly InventoryVolume[];
    /** They hold no data, but files of the checkout. */
    readonly ofFiles?: true;
  };
  /** The records tell the next run of the environment, so they go last. */
  'remove-state': {
    readonly containers: readonly InventoryContainer[];
    readonly volume: string | undefined;
  };
}

type RemovalKind = keyof RemovalFields;

export type RemovalAction<Kind extends RemovalKind = RemovalKind> = {
  readonly [Each in Kind]: { readonly kind: Each } & RemovalFields[Each];
}[Kind];

export interface RemovalOptions {
  /** Whether the volumes of the Compose file go too. */
  readonly removeVolumes: boolean;
}

/**
 * The steps that remove everything of an environment: first what visitors reach, then what runs, then what these used, and the
 * state last. Whatever is left after a step that was not finished is found and planned again by the next run. Without steps
 * there is nothing to remove.
 */
export function planRemoval(
  { front, containers, networks, images, volumes, fileVolumes, state }: EnvironmentInventory,
  { removeVolumes }: RemovalOptions,
): readonly RemovalAction[] {
  const removeContainers = (part: RemovalFields['remove-containers']['part']): RemovalAction[] => {
    const own = containers.filter((each) => each.part === part);
    // An anonymous volume of a release has no data that a deploy would keep; that of an accessory may be a whole database.
    const keepVolumes = part === 'accessory' && !removeVolumes;
    return own.length === 0 ? [] : [{ kind: 'remove-containers', part, containers: own, keepVolumes }];
  };
  const records = containers.filter(({ part }) => part === 'records');
  const hasDomains = front !== undefined && (front.domains.length > 0 || front.hasFolders);
  return [
    ...(hasDomains
      ? [{ kind: 'release-domains' as const, container: front.container.id, domains: front.domains }]
      : []),
    ...(front?.isLastApp ? [{ kind: 'remove-front' as const }] : []),
    ...removeContainers('edge'),
    ...removeContainers('release'),
    ...removeContainers('accessory'),
    ...(networks.length > 0 ? [{ kind: 'remove-networks' as const, networks }] : []),
    ...(images.length > 0 ? [{ kind: 'remove-images' as const, images }] : []),
    ...(fileVolumes.length > 0
      ? [{ kind: 'remove-volumes' as const, volumes: fileVolumes, ofFiles: true as const }]
      : []),
    ...(removeVolumes && volumes.length > 0 ? [{ kind: 'remove-volumes' as const, volumes }] : []),
    ...(records.length > 0 || state !== undefined
      ? [{ kind: 'remove-state' as const, containers: records, volume: state?.name }]
      : []),
  ];
}

/**
 * Why an environment can't be removed, and what to do about it: something of it is used by what Sealift must not touch.
 * `undefined` if nothing is in the way.
 */
export function removalObstacle(
  { front, networks, volumes, fileVolumes, state }: EnvironmentInventory,
  { removeVolumes }: RemovalOptions,
): string | undefined {
  if (front !== undefined && front.domains.length > 0 && !front.container.running) {
    const { name } = front.container;
    return `${joinWithAnd(front.domains)} can't be removed while the container ${name} does not run. Start it ("docker start ${name}" on the host) and try again.`;
  }
  for (const { name, usedBy } of networks) {
    const [container] = usedBy;
    if (container === undefined) continue;
    return `the container ${container} is on the network ${name}, and it is not of this environment. Disconnect it ("docker network disconnect ${name} ${container}" on the host) and try again.`;
  }
  for (const { name, usedBy } of [
    ...(removeVolumes ? volumes : []),
    ...fileVolumes,
    ...(state === undefined ? [] : [state]),
  ]) {
    const [container] = usedBy;
    if (container === undefined) continue;
    return `the container ${container} has the volume ${name}, and it is not of this environment. Remove it ("docker rm ${container}" on the host) and try again.`;
  }
  return undefined;
}

/** The volumes with data of the app that a removal leaves on the host. */
export function keptVolumes(
  { containers, volumes }: EnvironmentInventory,
  { removeVolumes }: RemovalOptions,
): readonly string[] {
  if (removeVolumes) return [];
  const accessories = containers.filter(({ part }) => part === 'accessory');
  return [
    ...volumes.map(({ name }) => name),
    ...accessories.flatMap(({ anonymousVolumes }) => anonymousVolumes),
  ];
}

const TEXTS: { readonly [Kind in RemovalKind]: (action: RemovalAction<Kind>) => string } = {
  'release-domains': ({ domains }) =>
    domains.length === 0 ? 'remove the sockets of the edge' : `stop routing ${joinWithAnd(domains)}`,
  'remove-front': () => 'remove the front, which no other app uses',
  'remove-containers': ({ part, containers }) =>
    part === 'edge'
      ? 'remove the edge'
      : `remove the containers of ${part === 'release' ? 'releases' : 'accessories'}: ${namesText(containers)}`,
  'remove-networks': ({ networks }) => `remove ${namedText('network', networks)}`,
  'remove-images': ({ images }) => {
    const count = images.length === 1 ? 'one image' : `${images.length} images`;
    return images.some(({ tags }) => tags.length > 0)
      ? `remove the tags of ${count}, and what only these tags kept`
      : `remove ${count} that no tag keeps any more`;
  },
  'remove-volumes': ({ volumes, ofFiles }) =>
    ofFiles
      ? 'remove the volumes with files of the checkout'
      : `remove ${namedText('volume', volumes)}, with all data`,
  'remove-state': () => 'remove the records',
};

const namesText = (named: readonly { readonly name: string }[]): string =>
  joinWithAnd(named.map(({ name }) => name));

const namedText = (noun: string, named: readonly { readonly name: string }[]): string =>
  `the ${noun}${named.length === 1 ? '' : 's'} ${namesText(named)}`;

/** A step of a removal as a person reads it. Pure. */
export const removalText = <Kind extends RemovalKind>(action: RemovalAction<Kind>): string =>
  TEXTS[action.kind](action);

/** A step that ran, and how it ended. */
export interface RemovalStep {
  readonly action: RemovalAction;
  /** Milliseconds since the run began. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  readonly ok: boolean;
  readonly note: string | undefined;
}

/** What a removal found on a host and did to it. */
export interface HostRemoval {
  readonly host: EnvironmentInventory['host'];
  /** The release that had the traffic before. */
  readonly live: ReleaseId | undefined;
  readonly planned: readonly RemovalAction[];
  readonly keptVolumes: readonly string[];
  /** Empty in a dry run. */
  readonly steps: readonly RemovalStep[];
  /** What is in the way, or why the last step failed; `undefined` if everything was done. */
  readonly error: unknown;
}
