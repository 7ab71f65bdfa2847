import { type AppEnvironment, baseProject, otherSlot, SLOTS, type Slot } from '../model/app-environment.ts';
import { ConfigurationError } from '../model/errors.ts';

/** Names and paths of the edge and the front that the config, the scripts and the readers share. Pure. */

/** Mount point of the app's volume in the edge, and the directory in it that belongs to the edge. */
export const APP_VOLUME_MOUNT = '/sealift';
export const EDGE_FOLDER = `${APP_VOLUME_MOUNT}/edge`;

/** The small files that the edge reads for each request, by their names in its directory. */
export const SPLIT_FILE = 'split';
export const releaseFile = (slot: Slot): string => `${slot}.release`;
export const addressFile = (slot: Slot, route: string, index: number): string => `${slot}.${route}.${index}`;
/** Caddy's placeholder for the content of such a file. */
export const filePlaceholder = (name: string): string => `{file.${EDGE_FOLDER}/${name}}`;

/** What `split` holds while all requests go to one slot. */
export const ALL_TRAFFIC_TO: Readonly<Record<Slot, string>> = { blue: '0', green: 'g' };
/** What `split` holds while two releases share the visitors: a boundary among the buckets, and the canary's slot. */
export const SPLIT_PATTERN = '([0-9a-f]{8}) (blue|green)';
const BUCKETS = 2 ** 32;

/**
 * What `split` holds while a share of the visitors goes to a slot: those whose bucket sorts before the boundary. They are the
 * same on every host, whichever slot the canary has there. When the share grows, no visitor of the canary goes back.
 */
export function splitFor(slot: Slot, share: number): string {
  if (share >= 1) return ALL_TRAFFIC_TO[slot];
  if (share <= 0) return ALL_TRAFFIC_TO[otherSlot(slot)];
  const boundary = Math.min(BUCKETS - 1, Math.max(1, Math.round(share * BUCKETS)));
  return `${boundary.toString(16).padStart(8, '0')} ${slot}`;
}

/** The slot of the canary; `undefined` while all requests go to one slot. */
export function canarySlotIn(split: string): Slot | undefined {
  const slot = new RegExp(`^${SPLIT_PATTERN}$`).exec(split)?.[2];
  return SLOTS.find((each) => each === slot);
}

/** The volume with an app's state. */
export const stateVolume = (app: AppEnvironment): string => `${baseProject(app)}-sealift`;

/** A tmpfs for the sockets between the two servers that a request passes in an edge. */
export const SOCKETS_FOLDER = '/run/edge';
/** Name of the inner server of a slot and route: also that of its socket, and its `server` label in the metrics. */
export const innerServer = (slot: Slot, route: string): string => `${slot}.${route}`;
export const innerSocket = (slot: Slot, route: string): string =>
  socketPath(`${SOCKETS_FOLDER}/${innerServer(slot, route)}`);

/** The volume that the host's front shares with the edges behind it, and its mount point. */
export const FRONT_VOLUME = 'sealift-front';
export const FRONT_MOUNT = '/front';
export const FRONT_APPS_FOLDER = `${FRONT_MOUNT}/apps`;
/** On that volume, the directory of the socket at which the front reaches a route. A domain is a link to it. */
export const routeFolder = (app: AppEnvironment, route: string): string =>
  `${FRONT_APPS_FOLDER}/${baseProject(app)}.${route}`;
export const routeSocket = (app: AppEnvironment, route: string): string =>
  socketPath(`${routeFolder(app, route)}/s`);

/** Linux, unix(7): `sun_path` has 108 bytes, the last of them NUL. */
const MAX_SOCKET_PATH = 107;

function socketPath(path: string): string {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${MAX_SOCKET_PATH} characters: ${path}. Give the service, the app or the environment a shorter name.`,
  );
}

/** The directory of the domains on the front's volume; the front connects to `<domain>/s` in it. */
export const DOMAINS_FOLDER = `${FRONT_MOUNT}/domains`;
export const MAX_DOMAIN_LENGTH = MAX_SOCKET_PATH - `${DOMAINS_FOLDER}//s`.length;
