import type { Traffic } from '../model/host.ts';
import {
  type AppEnvironment,
  baseProject,
  otherSlot,
  type ReleaseId,
  SLOTS,
  type Slot,
} from '../model/release.ts';
import { ALL_TRAFFIC_TO, canarySlotIn, fileName, releaseFile, SPLIT_FILE } from './layout.ts';

/**
 * Where the traffic goes, from the files of the app's volume or of its edge folder.
 *
 * @param accepted the release that was accepted last: of two that share the traffic, the one to go by
 * @returns `undefined` while nothing is meant to get any
 */
export function readTraffic(
  files: ReadonlyMap<string, Buffer>,
  appEnvironment: AppEnvironment,
  accepted: ReleaseId | undefined,
): Traffic | undefined {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? '';
  const trafficTo = (slot: Slot): Traffic | undefined => {
    const release = state.get(fileName(releaseFile(slot))) ?? '';
    return release === '' ? undefined : { slot, release };
  };
  const canary = canarySlotIn(split);
  if (canary !== undefined) {
    // Should one of the two be gone, what is left of the division is the other's.
    return sharedTraffic(trafficTo(otherSlot(canary)), trafficTo(canary), accepted);
  }
  const slot = SLOTS.find((each) => ALL_TRAFFIC_TO[each] === split);
  const live = slot === undefined ? undefined : trafficTo(slot);
  if (live === undefined) return undefined;
  const otherRelease = mixedInRelease(state, appEnvironment, live);
  return sharedTraffic(
    live,
    otherRelease === undefined ? undefined : { slot: otherSlot(live.slot), release: otherRelease },
    accepted,
  );
}

/** Names of the containers in the lists of the slots that get requests; from the same files. */
export function readUpstreamContainers(files: ReadonlyMap<string, Buffer>): ReadonlySet<string> {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? '';
  const slots = SLOTS.filter((slot) => canarySlotIn(split) !== undefined || ALL_TRAFFIC_TO[slot] === split);
  const lists = [...state].filter(
    ([file, to]) => to.includes(':') && slots.some((slot) => file.startsWith(`${slot}.`)),
  );
  return new Set(lists.map(([, to]) => to.slice(0, to.lastIndexOf(':'))));
}

/** Two releases that share the traffic: named first is the accepted one, or else the one that was there before. */
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

/** The release to which containers belong that stand in another release's address lists: `<app>-<env>-<id>-<service>-<n>`. */
function mixedInRelease(
  state: ReadonlyMap<string, string>,
  appEnvironment: AppEnvironment,
  live: Traffic,
): ReleaseId | undefined {
  const prefix = `${baseProject(appEnvironment)}-`;
  const ids = [...state]
    .filter(([file, to]) => file.startsWith(`${live.slot}.`) && to.includes(':') && to.startsWith(prefix))
    .map(([, to]) => /^([0-9a-f]{8})-/.exec(to.slice(prefix.length))?.[1]);
  return ids.find((id) => id !== undefined && id !== live.release);
}

/** The edge's own files by name; the volume has others beside them. */
function edgeFiles(files: ReadonlyMap<string, Buffer>): ReadonlyMap<string, string> {
  return new Map(
    [...files]
      .filter(([path]) => !path.includes('/') || /(?:^|\/)edge\/[^/]+$/.test(path))
      .map(([path, content]) => [fileName(path), content.toString('utf8').trim()]),
  );
}
