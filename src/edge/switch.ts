import type { Engine } from '../engine/engine.ts';
import { ConfigurationError, HostError } from '../model/errors.ts';
import { type ReleaseId, SLOTS, type Slot } from '../model/release.ts';
import { ALL_TO, addressFile, EDGE_FOLDER, releaseFile, SPLIT_FILE, UPSTREAMS } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Where the traffic goes, as files that the edge reads with each request. A file is replaced by renaming another over it, so
 * a reader sees the old or the new content, never half of one. `split` comes last: until then nothing has happened.
 */
const WRITE: Script = {
  name: 'switch',
  text: `
set -eu
cd "$1"; slot=$2; release=$3; split=$4; shift 4
rm -rf .next.*
next=.next.$$
mkdir "$next"
store() { if command -v fsync >/dev/null; then fsync "$next"/* || :; fi; mv -f "$next"/* .; }
printf '%s\\n' "$release" > "$next/$slot.release"
while [ $# -ge 2 ]; do printf '%s\\n' "$2" > "$next/$1"; shift 2; done
for file in "$slot".*.*; do
  if [ -e "$file" ] && [ ! -e "$next/$file" ]; then : > "$next/$file"; fi
done
store
if [ -n "$split" ]; then printf '%s\\n' "$split" > "$next/split"; store; fi
rmdir "$next"
for file in split "$slot.release" "$slot".*.*; do
  [ -e "$file" ] || continue
  line=; read -r line < "$file" || :
  printf '%s %s\\n' "$file" "$line"
done
`,
};

/**
 * Sends all requests to a release in a slot, from the next request on. Requests in flight stay where they are. Done twice, it
 * leaves the same state.
 *
 * @param addresses `container:port` of each replica, by route
 * @throws HostError when the state that is read back is not what was to be written
 */
export async function switchTo(
  engine: Engine,
  edge: string,
  slot: Slot,
  release: ReleaseId,
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  await write(engine, edge, slot, release, ALL_TO[slot], slotFiles(slot, addresses));
}

/** Empties a slot: its requests, if any are sent there, are answered 503 by the edge itself. */
export async function clearSlot(engine: Engine, edge: string, slot: Slot): Promise<void> {
  await write(engine, edge, slot, '', '', new Map());
}

async function write(
  engine: Engine,
  edge: string,
  slot: Slot,
  release: string,
  split: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const args = [EDGE_FOLDER, slot, release, split, ...[...files].flat()];
  const state = fileLines(await runScript(engine, edge, WRITE, args));
  const expected = new Map([
    ...files,
    [name(releaseFile(slot)), release],
    ...(split === '' ? [] : [[name(SPLIT_FILE), split] as const]),
  ]);
  for (const [file, content] of expected) {
    if (state.get(file) === content) continue;
    throw new HostError(
      engine.host,
      `the edge's file ${file} holds "${state.get(file) ?? ''}" after "${content}" was written.`,
    );
  }
}

/**
 * The address files of a slot: each route's replicas over and over, until every entry of the edge's config is filled.
 * @throws ConfigurationError for a route without or with too many replicas
 */
export function slotFiles(
  slot: Slot,
  addresses: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [route, replicas] of addresses) {
    if (replicas.length === 0) throw new ConfigurationError(`${route} has no container to send requests to.`);
    if (replicas.length > UPSTREAMS) {
      throw new ConfigurationError(
        `${route} has ${replicas.length} replicas; the edge sends requests to ${UPSTREAMS} at most.`,
      );
    }
    for (let index = 0; index < UPSTREAMS; index++) {
      files.set(name(addressFile(slot, route, index)), replicas[index % replicas.length] ?? '');
    }
  }
  return files;
}

/**
 * Where the traffic goes, from the files of the app's volume or of its edge folder.
 * @returns `undefined` while nothing is meant to get any
 */
export function readTraffic(
  files: ReadonlyMap<string, Buffer>,
): { readonly slot: Slot; readonly release: ReleaseId } | undefined {
  const content = (file: string): string | undefined => {
    const found = [...files].find(
      ([path]) => path === name(file) || `/${path}`.endsWith(`/edge/${name(file)}`),
    );
    return found?.[1].toString('utf8').trim();
  };
  const split = content(SPLIT_FILE);
  const slot = SLOTS.find((each) => ALL_TO[each] === split);
  const release = slot === undefined ? undefined : content(releaseFile(slot));
  return slot === undefined || release === undefined || release === '' ? undefined : { slot, release };
}

const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function fileLines(printed: string): ReadonlyMap<string, string> {
  const lines = printed.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}
