import type { Engine } from '../engine/engine.ts';
import { otherSlot, type Slot } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { type RouteAddresses, slotAddressFiles } from './addresses.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, releaseFile, SPLIT_FILE, splitFor } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Writes where the traffic goes, as files that the edge reads for each request. A file is replaced by a rename, so a reader sees
 * the old or the new content, never a part. `split` comes last: until then nothing has changed. Address files of the named slots
 * that are not among the arguments are emptied.
 *
 * Afterwards the addresses of a slot that gets all requests are copied to the other slot, which is idle. A request that waits
 * there, because its container was removed, then finds the release that has the traffic: Caddy reads the addresses with each try.
 */
const WRITE_SCRIPT: Script = {
  name: 'switch',
  text: `
set -eu
cd "$1"; slots=$2; split=$3; idle=$4; shift 4
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
if [ -n "$idle" ]; then
  for file in "$slots".*.*; do
    [ -e "$file" ] || continue
    line=; read -r line < "$file" || :
    printf '%s\\n' "$line" > "$next/$idle\${file#"$slots"}"
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

/** The release in a slot. */
export interface SlotUpstreams {
  readonly slot: Slot;
  readonly release: ReleaseId;
  readonly addresses: RouteAddresses;
}

/**
 * Sends all requests to a release in a slot, from the next request on. Requests in flight are not moved. Can be repeated.
 * @throws HostError when reading the files back does not give what was written
 */
export async function switchToSlot(
  engine: Engine,
  edge: string,
  slot: Slot,
  release: ReleaseId,
  addresses: RouteAddresses,
): Promise<void> {
  const state = { split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot) };
  await writeTraffic(engine, edge, [{ slot, release, addresses }], state);
}

/**
 * Sends a share of the visitors to one release and all others to the one in the other slot, from the next request on.
 * @param share of the visitors, above 0 and at most 1
 */
export async function splitVisitors(
  engine: Engine,
  edge: string,
  canary: SlotUpstreams,
  share: number,
  others: SlotUpstreams,
): Promise<void> {
  await writeTraffic(engine, edge, [others, canary], { split: splitFor(canary.slot, share) });
}

/** Empties a slot. If requests are sent there, the edge itself answers 503. */
export async function clearSlot(engine: Engine, edge: string, slot: Slot): Promise<void> {
  await writeTraffic(engine, edge, [{ slot, release: '', addresses: new Map() }], {});
}

async function writeTraffic(
  engine: Engine,
  edge: string,
  slots: readonly (Omit<SlotUpstreams, 'release'> & { readonly release: ReleaseId | '' })[],
  { split = '', idle = '' }: { readonly split?: string; readonly idle?: Slot | '' },
): Promise<void> {
  const files = slots.flatMap(({ slot, release, addresses }) => [
    ...slotAddressFiles(slot, addresses),
    [releaseFile(slot), release] as const,
  ]);
  const names = slots.map(({ slot }) => slot).join(' ');
  const printed = await runScript(engine, edge, WRITE_SCRIPT, [
    EDGE_FOLDER,
    names,
    split,
    idle,
    ...files.flat(),
  ]);
  const state = new Map(
    printed.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
  for (const [file, content] of split === '' ? files : [...files, [SPLIT_FILE, split]]) {
    if (state.get(file) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file} holds "${state.get(file) ?? ''}" after "${content}" was written to it. Deploy again.`,
    );
  }
}
