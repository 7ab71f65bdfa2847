import type { Engine } from '../engine/engine.ts';
import { otherSlot, type Slot } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import type { ReleaseId } from '../model/identifiers.ts';
import { inBackground } from '../run/promises.ts';
import { type RouteAddresses, slotAddressFiles } from './addresses.ts';
import { countIn, DRAIN_SCRIPT, drainArgumentsFor } from './drain.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, releaseFile, SPLIT_FILE, splitFor } from './layout.ts';
import { runScript, type Script } from './script.ts';

/**
 * Writes where the traffic goes, as files that the edge reads for each request. A file is replaced by a rename, so a reader sees
 * the old or the new content, never a part. Everything is written and on the disk before the first rename, and `split` is renamed
 * last: until then nothing has changed. What holds its content already is not written. Address files of the named slots that are
 * not among the arguments are emptied.
 *
 * Afterwards the addresses of a slot that gets all requests are copied to the other slot, which is idle. A request that waits
 * there, because its container was removed, then finds the release that has the traffic: Caddy reads the addresses with each try.
 *
 * A full disk: before traffic moves forward, spare files are there, each with a block of its own. They are for the way back, which
 * overwrites them in place where nothing more can be written: that takes no space (ext4, xfs). Files of one content are then links
 * to one spare file.
 */
const WRITE_SCRIPT: Script = {
  name: 'switch',
  action: 'write where the traffic goes',
  text: `
set -eu
cd "$1"; slots=$2; split=$3; idle=$4; direction=$5; spares=$6; shift 6
# Which disk, and whether it lacks space or files.
trap 'if [ $? != 0 ]; then df -Pk . >&2; df -Pi . >&2 2>/dev/null; fi' EXIT
work=.work; begun=; scarce=; made=
write() {
  printf '%s\\n' "$2" 2>/dev/null >"$1" && return 0
  # Says why.
  printf '%s\\n' "$2" | cat >"$1" && return 0
  rm -f "$1"
  return 1
}
fill() {
  number=0
  block=$(printf '%511s' '')
  while [ "$number" -lt "$spares" ]; do
    if [ ! -s "$work/spare/$number" ]; then write "$work/spare/$number" "$block" || return 1; fi
    number=$((number + 1))
  done
}
begin() {
  if [ -n "$begun" ]; then return 0; fi
  begun=yes
  mkdir -p "$work/1" "$work/2" "$work/3" "$work/spare"
  rm -rf "$work"/[123]/* .next.*
  if [ "$direction" = forward ]; then fill; fi
}
take() {
  case $made in
    *"
$2	"*) found=\${made#*"
$2	"}; ln "\${found%%
*}" "$1"; return 0 ;;
  esac
  for spare in "$work"/spare/*; do if [ -s "$spare" ]; then break; fi; done
  [ -s "$spare" ]
  printf '%s\\n' "$2" | dd of="$spare" conv=notrunc 2>/dev/null
  truncate -s "$((\${#2} + 1))" "$spare"
  mv -f "$spare" "$1"
  made="$made
$2	$1
"
}
put() {
  line=
  if [ -e "$2" ]; then
    read -r line <"$2" || :
    if [ "$line" = "$3" ]; then return 0; fi
  fi
  begin
  if [ -z "$scarce" ] && write "$work/$1/$2" "$3"; then return 0; fi
  [ "$direction" = back ]
  scarce=yes
  take "$work/$1/$2" "$3"
}
address() {
  put 1 "$1" "$2"
  if [ -n "$idle" ]; then put 3 "$idle\${1#"$slots"}" "$2"; fi
}
names=' '
while [ $# -ge 2 ]; do
  names="$names$1 "
  case $1 in
    *.*.*) address "$1" "$2" ;;
    *) put 1 "$1" "$2" ;;
  esac
  shift 2
done
for slot in $slots; do
  for file in "$slot".*.*; do
    case $names in *" $file "*) continue ;; esac
    if [ -e "$file" ]; then address "$file" ''; fi
  done
done
if [ -n "$split" ]; then put 2 split "$split"; fi
if [ -n "$begun" ]; then
  set --
  for file in "$work"/[12]/*; do if [ -e "$file" ]; then set -- "$@" "$file"; fi; done
  if [ $# -gt 0 ] && command -v fsync >/dev/null; then fsync "$@"; fi
  for part in 1 2 3; do
    set -- "$work/$part"/*
    if [ -e "$1" ]; then mv -f "$@" .; fi
  done
  if [ -n "$scarce" ]; then fill 2>/dev/null || :; fi
fi
for file in split *.release *.*.*; do
  [ -e "$file" ] || continue
  line=; read -r line < "$file" || :
  printf '%s %s\\n' "$file" "$line"
done
`,
};

/** The line between the two parts: what it printed before is that of the switch. */
const SWITCHED = 'sealift-switched';

/**
 * Writes where the traffic goes, and then waits for the requests in flight to where it went before: in one exec, which prints a line
 * in between. The arguments of the drain come first.
 */
const WRITE_AND_DRAIN_SCRIPT: Script = {
  name: 'switch-and-drain',
  action: WRITE_SCRIPT.action ?? '',
  text: `
limit=$1; admin=$2; drained=$3; addresses=$4; shift 4
(
${WRITE_SCRIPT.text}
)
code=$?; if [ $code != 0 ]; then exit $code; fi
echo ${SWITCHED}
set -- "$limit" "$admin" "$drained" "$addresses"
${DRAIN_SCRIPT.text}
`,
};

/** What is to be drained once the traffic has moved. */
export interface FollowingDrain {
  /** IP addresses of containers on networks that they share with the edge. */
  readonly addresses: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
  /** Ends the drain, and never the switch. */
  readonly signal: AbortSignal;
}

/**
 * Whether requests move to a release that had none, or back to where they went before. On a full disk only the way back may use the
 * spare files, so that it is always open.
 */
export type Direction = 'forward' | 'back';

/** Spare files for an app of a few replicas; each is a block of the disk. */
const MIN_SPARE_FILES = 16;

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
  direction: Direction,
): Promise<void> {
  const state = { split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot), direction };
  await writeTraffic(engine, edge, [{ slot, release, addresses }], state);
}

/**
 * The same, and begins to wait for the requests in flight to where they went before.
 * @returns once the traffic has moved, with what will be left of them
 */
export async function switchAndDrain(
  engine: Engine,
  edge: string,
  { slot, release, addresses }: SlotUpstreams,
  { addresses: drained, timeout, signal }: FollowingDrain,
): Promise<{ readonly left: Promise<number> }> {
  const write = traffic([{ slot, release, addresses }], {
    ...{ split: ALL_TRAFFIC_TO[slot], idle: otherSlot(slot), direction: 'forward' },
  });
  const switched = Promise.withResolvers<string>();
  const mayEnd = new AbortController();
  const args = [...drainArgumentsFor(drained, timeout), ...write.args];
  const onStdout = (printed: string): void => {
    const at = printed.indexOf(`${SWITCHED}\n`);
    if (at >= 0) switched.resolve(printed.slice(0, at));
  };
  const ended = runScript(engine, edge, WRITE_AND_DRAIN_SCRIPT, args, {
    ...{ signal: mayEnd.signal, waits: timeout, onStdout },
  });
  ended.then(switched.resolve, switched.reject);
  write.verify(engine, await switched.promise);
  const end = (): void => mayEnd.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const left = ended.then((printed) =>
    countIn(engine, edge, printed.slice(printed.indexOf(SWITCHED) + SWITCHED.length)),
  );
  return { left: inBackground(left) };
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
  const state = { split: splitFor(canary.slot, share), direction: 'forward' } as const;
  await writeTraffic(engine, edge, [others, canary], state);
}

/** Empties a slot. If requests are sent there, the edge itself answers 503. */
export async function clearSlot(engine: Engine, edge: string, slot: Slot): Promise<void> {
  await writeTraffic(engine, edge, [{ slot, release: '', addresses: new Map() }], { direction: 'back' });
}

async function writeTraffic(
  engine: Engine,
  edge: string,
  ...what: Parameters<typeof traffic>
): Promise<void> {
  const { args, verify } = traffic(...what);
  verify(engine, await runScript(engine, edge, WRITE_SCRIPT, args));
}

/** The arguments of the script for where the traffic is to go, and the proof of what it has printed. */
function traffic(
  slots: readonly (Omit<SlotUpstreams, 'release'> & { readonly release: ReleaseId | '' })[],
  {
    split = '',
    idle = '',
    direction,
  }: { readonly split?: string; readonly idle?: Slot | ''; readonly direction: Direction },
): { readonly args: readonly string[]; readonly verify: (engine: Engine, printed: string) => void } {
  const files = slots.flatMap(({ slot, release, addresses }) => [
    ...slotAddressFiles(slot, addresses),
    [releaseFile(slot), release] as const,
  ]);
  const names = slots.map(({ slot }) => slot).join(' ');
  const contents = new Set(files.map(([, content]) => content));
  // One for each content, and for `split`.
  const spares = Math.max(MIN_SPARE_FILES, contents.size + 1);
  const expected = split === '' ? files : [...files, [SPLIT_FILE, split] as const];
  return {
    args: [EDGE_FOLDER, names, split, idle, direction, String(spares), ...files.flat()],
    verify: (engine, printed) => verifyFiles(engine, expected, printed),
  };
}

/** @throws HostError if a file of the edge does not hold what was written */
function verifyFiles(
  { host }: Engine,
  expected: readonly (readonly [file: string, content: string])[],
  printed: string,
): void {
  const state = new Map(
    printed.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
  for (const [file, content] of expected) {
    if (state.get(file) === content) continue;
    throw new HostError(
      host,
      `the edge's file ${file} holds "${state.get(file) ?? ''}" after "${content}" was written to it. Deploy again.`,
    );
  }
}
