import type { Traffic } from '../model/host.ts';
import { baseProject, otherSlot, type ReleaseId, SLOTS, type Slot } from '../model/release.ts';
import { ALL_TO, type AppName, canaryIn, fileName, releaseFile, SPLIT_FILE } from './layout.ts';

/**
 * Where the traffic goes, from the files of the app's volume or of its edge folder.
 *
 * @param accepted the release that was accepted last: of two that share the traffic, the one to go by
 * @returns `undefined` while nothing is meant to get any
 */
export function readTraffic(
  files: ReadonlyMap<string, Buffer>,
  of: AppName,
  accepted: ReleaseId | undefined,
): Traffic | undefined {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? '';
  const placed = (slot: Slot): Traffic | undefined => {
    const release = state.get(fileName(releaseFile(slot))) ?? '';
    return release === '' ? undefined : { slot, release };
  };
  const canary = canaryIn(split);
  if (canary !== undefined) {
    // Should one of the two be gone, what is left of the division is the other's.
    return together(placed(otherSlot(canary)), placed(canary), accepted);
  }
  const slot = SLOTS.find((each) => ALL_TO[each] === split);
  const live = slot === undefined ? undefined : placed(slot);
  if (live === undefined) return undefined;
  const guest = guestOf(state, of, live);
  return together(
    live,
    guest === undefined ? undefined : { slot: otherSlot(live.slot), release: guest },
    accepted,
  );
}

/** Names of the containers in the lists of the slots that get requests; from the same files. */
export function readAsked(files: ReadonlyMap<string, Buffer>): ReadonlySet<string> {
  const state = edgeFiles(files);
  const split = state.get(fileName(SPLIT_FILE)) ?? '';
  const slots = SLOTS.filter((slot) => canaryIn(split) !== undefined || ALL_TO[slot] === split);
  const lists = [...state].filter(
    ([file, to]) => to.includes(':') && slots.some((slot) => file.startsWith(`${slot}.`)),
  );
  return new Set(lists.map(([, to]) => to.slice(0, to.lastIndexOf(':'))));
}

/** Two releases that share the traffic: named first is the accepted one, or else the one that was there before. */
function together(
  before: Traffic | undefined,
  next: Traffic | undefined,
  accepted: ReleaseId | undefined,
): Traffic | undefined {
  if (before === undefined || next === undefined) return before ?? next;
  return next.release === accepted
    ? { ...next, shared: before.release }
    : { ...before, shared: next.release };
}

/** The release to which containers belong that stand in another release's address lists: `<app>-<env>-<id>-<service>-<n>`. */
function guestOf(state: ReadonlyMap<string, string>, of: AppName, live: Traffic): ReleaseId | undefined {
  const prefix = `${baseProject(of)}-`;
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
