import { ConfigurationError } from '../model/errors.ts';
import { type AppEnvironment, baseProject, otherSlot, SLOTS, type Slot } from '../model/release.ts';

/** Where the edge's things lie: names and paths that config, scripts and readers must agree upon. Pure. */

/** Mount of the app's volume in the edge, and the folder in it that is the edge's. */
export const APP_VOLUME_MOUNT = '/sealift';
export const EDGE_FOLDER = `${APP_VOLUME_MOUNT}/edge`;
export const SPLIT_FILE = `${EDGE_FOLDER}/split`;
export const CONFIG_FILE = `${EDGE_FOLDER}/caddy.json`;

/** Entries per slot and route; filled cyclically, so this is also how many replicas a route can have. */
export const MAX_UPSTREAMS = 24;

/** Sockets between the two hops inside an edge; a tmpfs. */
export const SOCKETS_FOLDER = '/run/edge';

/** Mount of the volume that the host's front shares with the edges behind it. */
export const FRONT_MOUNT = '/front';
export const FRONT_VOLUME = 'sealift-front';

/** What `split` holds while all requests go to one slot. */
export const ALL_TRAFFIC_TO: Readonly<Record<Slot, string>> = { blue: '0', green: 'g' };

/** Of this many buckets; one more than the last. */
const BUCKETS = 2 ** 32;

/** What `split` holds while two releases share the visitors: a boundary among the buckets, and where the canary stands. */
export const SPLIT_PATTERN = '([0-9a-f]{8}) (blue|green)';

/**
 * What `split` holds while a share of the visitors goes to a slot: those whose bucket sorts before the boundary. They are the
 * same on every host, whichever slot the canary stands in there; and as the share grows nobody who has met it is led back.
 */
export function splitFor(slot: Slot, share: number): string {
  if (share >= 1) return ALL_TRAFFIC_TO[slot];
  if (share <= 0) return ALL_TRAFFIC_TO[otherSlot(slot)];
  const boundary = Math.min(BUCKETS - 1, Math.max(1, Math.round(share * BUCKETS)));
  return `${boundary.toString(16).padStart(8, '0')} ${slot}`;
}

/** Where the canary stands that shares the visitors; `undefined` while all requests go to one slot. */
export function canarySlotIn(split: string): Slot | undefined {
  const slot = new RegExp(`^${SPLIT_PATTERN}$`).exec(split)?.[2];
  return SLOTS.find((each) => each === slot);
}

/** The name of a file of the edge, by which scripts and readers know it. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

export const stateVolume = (appEnvironment: AppEnvironment): string =>
  `${baseProject(appEnvironment)}-sealift`;
export const addressFile = (slot: Slot, route: string, index: number): string =>
  `${EDGE_FOLDER}/${slot}.${route}.${index}`;
export const releaseFile = (slot: Slot): string => `${EDGE_FOLDER}/${slot}.release`;

/** Name of the inner server of a slot and route: also its socket, and its `server` label in the metrics. */
export const innerServer = (slot: Slot, route: string): string => `${slot}.${route}`;
export const innerSocket = (slot: Slot, route: string): string =>
  socketPath(`${SOCKETS_FOLDER}/${innerServer(slot, route)}`);

/** The folder, on the front's volume, of the socket by which the front reaches a route. A domain is a link to it. */
export const routeFolder = (appEnvironment: AppEnvironment, route: string): string =>
  `${FRONT_MOUNT}/apps/${baseProject(appEnvironment)}.${route}`;
export const routeSocket = (appEnvironment: AppEnvironment, route: string): string =>
  socketPath(`${routeFolder(appEnvironment, route)}/s`);

/** Linux, unix(7): `sun_path` has 108 bytes, the last of them NUL. */
const MAX_SOCKET_PATH = 107;

function socketPath(path: string): string {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  throw new ConfigurationError(
    `The path of a socket would be longer than ${MAX_SOCKET_PATH} characters: ${path}. Give the service, the app or the environment a shorter name.`,
  );
}

/** Names of a domain's link on the front's volume; the front dials `<link>/s`. */
export const DOMAINS_FOLDER = `${FRONT_MOUNT}/domains`;
export const MAX_DOMAIN_LENGTH = MAX_SOCKET_PATH - `${DOMAINS_FOLDER}//s`.length;
