import { type AppEnvironment, baseProject, otherSlot, SLOTS, type Slot } from '../model/app-environment.ts';
import type { Traffic } from '../model/host.ts';
import { isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { ALL_TRAFFIC_TO, canarySlotIn, releaseFile, SPLIT_FILE } from './layout.ts';

/** Content of the edge's files by name. */
type EdgeFiles = ReadonlyMap<string, string>;

/**
 * Where the traffic goes, according to the files of the app's volume or of the edge's directory.
 *
 * @param accepted the release that was accepted last: if two share the traffic, it comes first
 * @returns `undefined` while no release is to get traffic
 */
export function readTraffic(
  files: ReadonlyMap<string, Buffer>,
  app: AppEnvironment,
  accepted: ReleaseId | undefined,
): Traffic | undefined {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? '';
  const trafficTo = (slot: Slot): Traffic | undefined => {
    const release = state.get(releaseFile(slot)) ?? '';
    return isReleaseId(release) ? { slot, release } : undefined;
  };
  const canary = canarySlotIn(split);
  // If one of the two is missing, the other one has all the traffic.
  if (canary !== undefined) return sharedTraffic(trafficTo(otherSlot(canary)), trafficTo(canary), accepted);
  const slot = SLOTS.find((each) => ALL_TRAFFIC_TO[each] === split);
  const live = slot && trafficTo(slot);
  if (live === undefined) return undefined;
  return sharedTraffic(live, mixedInRelease(state, app, live), accepted);
}

/** Names of the containers in the lists of the slots that get requests; from the same files. */
export function readUpstreamContainers(files: ReadonlyMap<string, Buffer>): ReadonlySet<string> {
  const state = edgeFiles(files);
  const split = state.get(SPLIT_FILE) ?? '';
  const slots = SLOTS.filter((slot) => canarySlotIn(split) !== undefined || ALL_TRAFFIC_TO[slot] === split);
  const addresses = slots.flatMap((slot) => addressesIn(state, slot));
  return new Set(addresses.map((address) => address.slice(0, address.lastIndexOf(':'))));
}

/** Two releases that share the traffic: first the accepted one, otherwise the one that was there before. */
function sharedTraffic(
  before: Traffic | undefined,
  next: Traffic | undefined,
  accepted: ReleaseId | undefined,
): Traffic | undefined {
  if (before === undefined || next === undefined) return before ?? next;
  return next.release === accepted
    ? { ...next, splitWith: before.release }
    : { ...before, splitWith: next.release };
}

/** The other release whose containers are in the live release's address lists: `<app>-<environment>-<id>-<service>-<n>`. */
function mixedInRelease(state: EdgeFiles, app: AppEnvironment, live: Traffic): Traffic | undefined {
  const prefix = `${baseProject(app)}-`;
  const release = addressesIn(state, live.slot)
    .filter((address) => address.startsWith(prefix))
    .map((address) => /^([0-9a-f]{8})-/.exec(address.slice(prefix.length))?.[1])
    .filter((id) => id !== undefined && isReleaseId(id))
    .find((id) => id !== live.release);
  return release === undefined ? undefined : { slot: otherSlot(live.slot), release };
}

function addressesIn(state: EdgeFiles, slot: Slot): readonly string[] {
  return [...state].flatMap(([name, text]) =>
    name.startsWith(`${slot}.`) && text.includes(':') ? [text] : [],
  );
}

/** The edge's files by name, without the other files of the volume. */
export function edgeFiles(files: ReadonlyMap<string, Buffer>): EdgeFiles {
  return new Map(
    [...files]
      .filter(([path]) => !path.includes('/') || /(?:^|\/)edge\/[^/]+$/.test(path))
      .map(([path, content]) => [path.slice(path.lastIndexOf('/') + 1), content.toString('utf8').trim()]),
  );
}
