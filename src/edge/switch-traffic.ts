import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { otherSlot, type ReleaseId, type Slot } from '../model/release.ts';
import { type RouteAddresses, slotAddressFiles } from './addresses.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, fileName, releaseFile, SPLIT_FILE, splitFor } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Where the traffic goes, as files that the edge reads with each request. A file is replaced by renaming another over it, so
 * a reader sees the old or the new content, never half of one. `split` comes last: until then nothing has happened. Address
 * files of the named slots that are not given are emptied.
 *
 * Afterwards the addresses of a slot that gets everything are copied to the one that follows it. Who waits there, because its
 * container is gone, then finds the release that has the traffic: Caddy reads the addresses anew with each try.
 */
const WRITE_SCRIPT: Script = {
  name: 'switch',
  text: `
set -eu
cd "$1"; slots=$2; split=$3; follower=$4; shift 4
rm -rf .next.*
next=.next.$$
mkdir "$next"
store() { if command -v fsync >/dev/null; then fsync "$next"/* || :; fi; mv -f "$next"/* .; }
while [ $# -ge 2 ]; do printf '%s\\n' "$2" > "$next/$1"; shift 2; done
for slot in $slots; do
  for file in "$slot".*.*; do
    if [ -e "$file" ] && [ ! -e "$next/$file" ]; then : > "$next/$file"; fi
  done
done
store
if [ -n "$split" ]; then printf '%s\\n' "$split" > "$next/split"; store; fi
if [ -n "$follower" ]; then
  for file in "$slots".*.*; do
    [ -e "$file" ] || continue
    line=; read -r line < "$file" || :
    printf '%s\\n' "$line" > "$next/$follower\${file#"$slots"}"
  done
  mv -f "$next"/* .
fi
rmdir "$next"
for file in split *.release *.*.*; do
  [ -e "$file" ] || continue
  line=; read -r line < "$file" || :
  printf '%s %s\\n' "$file" "$line"
done
`,
};

/** What is in a slot. */
export interface SlotUpstreams {
  readonly slot: Slot;
  readonly release: ReleaseId;
  readonly addresses: RouteAddresses;
}

/**
 * Sends all requests to a release in a slot, from the next request on. Requests in flight stay where they are. Done twice, it
 * leaves the same state.
 *
 * @throws HostError when the state that is read back is not what was to be written
 */
export async function switchToSlot(
  engine: Engine,
  edge: string,
  slot: Slot,
  release: ReleaseId,
  addresses: RouteAddresses,
): Promise<void> {
  const files = slotFilesOf({ slot, release, addresses });
  await writeTraffic(
    engine,
    edge,
    { slots: [slot], split: ALL_TRAFFIC_TO[slot], follower: otherSlot(slot) },
    files,
  );
}

/**
 * Sends a share of the visitors to one release and all others to the one in the other slot, from the next request on.
 *
 * @param share above 0 and at most 1, of the visitors
 */
export async function splitVisitors(
  engine: Engine,
  edge: string,
  canary: SlotUpstreams,
  share: number,
  others: SlotUpstreams,
): Promise<void> {
  const files = new Map([...slotFilesOf(others), ...slotFilesOf(canary)]);
  const split = splitFor(canary.slot, share);
  await writeTraffic(engine, edge, { slots: [others.slot, canary.slot], split, follower: '' }, files);
}

/** Empties a slot: its requests, if any are sent there, are answered 503 by the edge itself. */
export async function clearSlot(engine: Engine, edge: string, slot: Slot): Promise<void> {
  const files = slotFilesOf({ slot, release: '', addresses: new Map() });
  await writeTraffic(engine, edge, { slots: [slot], split: '', follower: '' }, files);
}

function slotFilesOf({ slot, release, addresses }: SlotUpstreams): ReadonlyMap<string, string> {
  return new Map([...slotAddressFiles(slot, addresses), [fileName(releaseFile(slot)), release] as const]);
}

/** What is written besides the files themselves; nothing where it is ''. */
interface TrafficWrite {
  /** Whose addresses are meant to be all that they have. */
  readonly slots: readonly Slot[];
  readonly split: string;
  readonly follower: Slot | '';
}

async function writeTraffic(
  engine: Engine,
  edge: string,
  { slots, split, follower }: TrafficWrite,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const args = [EDGE_FOLDER, slots.join(' '), split, follower, ...[...files].flat()];
  const state = fileLines(await runScript(engine, edge, WRITE_SCRIPT, args));
  const expected = new Map([...files, ...(split === '' ? [] : [[fileName(SPLIT_FILE), split] as const])]);
  for (const [file, content] of expected) {
    if (state.get(file) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file} holds "${state.get(file) ?? ''}" after "${content}" was written.`,
    );
  }
}

function fileLines(printed: string): ReadonlyMap<string, string> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}
