import { isIPv4, isIPv6 } from 'node:net';
import type { Engine } from '../engine/engine.ts';
import { SLOTS, type Slot } from '../model/app-environment.ts';
import { HostError } from '../model/errors.ts';
import { ADMIN_ADDRESS } from './caddy.ts';
import { runScript, type Script } from './script.ts';

/** `until_drained COMMAND` counts by a command until nothing is left, twice in a row, or $limit is over. It prints what is left. */
const UNTIL_DRAINED = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
until_drained() {
  end=$(( $(now) + limit ))
  sleep 0.5
  quiet=0
  while :; do
    left=$("$1") || exit 1
    if [ "$left" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
    if [ $quiet = 2 ] || [ "$(now)" -ge $end ]; then echo "$left"; exit 0; fi
    sleep 0.1
  done
}
`;

/**
 * The first count waits half a second: a request that read `split` before the switch is counted only when it reaches the slot's
 * server. Event streams and WebSockets count for as long as they last (measured), since Caddy's handler stays in them.
 *
 * With addresses, connections to them are counted too, and the smaller number holds. Caddy's metrics know slots but no replicas;
 * and a connection also stays open for the second in which it is idle.
 */
export const DRAIN_SCRIPT: Script = {
  name: 'drain',
  text: `
set -u
limit=$1; admin=$2; slots=$3; addresses=$4
${UNTIL_DRAINED}
in_flight() {
  metrics=$(wget -q -T 5 -O - "http://$admin/metrics") || return 1
  echo "$metrics" | awk -v slots="$slots" '
    BEGIN { count = split(slots, names, " ") }
    index($0, "caddy_http_requests_in_flight{") == 1 {
      for (i = 1; i <= count; i++) if (index($0, "server=\\"" names[i] ".")) left += $NF
    }
    END { print left + 0 }'
}
# 01 is ESTABLISHED, 02 SYN_SENT.
connected() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v addresses="$addresses" '
    BEGIN { count = split(addresses, list, " "); for (i = 1; i <= count; i++) meant[list[i]] = 1 }
    ($4 == "01" || $4 == "02") && (substr($3, 1, index($3, ":") - 1) in meant) { left++ }
    END { print left + 0 }'
}
in_progress() {
  requests=$(in_flight) || { echo "Caddy's metrics can't be read" >&2; return 1; }
  if [ -n "$addresses" ] && [ "$requests" != 0 ]; then
    open=$(connected)
    if [ "$open" -lt "$requests" ]; then requests=$open; fi
  fi
  echo "$requests"
}
until_drained in_progress
`,
};

/**
 * Counts the connections of the TCP edge to some addresses; to all, if none is given. Those that one side has ended count as long as
 * the other side may send: 04 and 05 are FIN_WAIT, 08 is CLOSE_WAIT. Without an inode a connection has no program any more.
 */
const CONNECTIONS_SCRIPT: Script = {
  name: 'drain-connections',
  text: `
set -u
limit=$1; addresses=$2
${UNTIL_DRAINED}
connected() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v addresses="$addresses" '
    BEGIN { count = split(addresses, list, " "); for (i = 1; i <= count; i++) meant[list[i]] = 1 }
    $4 ~ /^0[12458]$/ && $10 != "0" && $2 !~ /^0100007F:/ {
      if (count == 0 || (substr($3, 1, index($3, ":") - 1) in meant)) left++
    }
    END { print left + 0 }'
}
until_drained connected
`,
};

/**
 * Waits until no request is in flight in a slot, or the time is over.
 *
 * @param timeout milliseconds
 * @returns the number of requests and open streams that are left
 */
export async function drainSlot(engine: Engine, edge: string, slot: Slot, timeout: number): Promise<number> {
  return waitUntilDrained(engine, edge, [slot], [], timeout);
}

/**
 * Waits until no request is in flight to some containers, whichever slot they came through, or the time is over.
 *
 * @param addresses IP addresses of the containers on networks that they share with the edge; with none, it returns at once
 * @param timeout milliseconds
 * @returns the number of requests and open streams that are left
 */
export async function drainAddresses(
  engine: Engine,
  edge: string,
  addresses: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  const entries = addresses.map(socketTableAddress).filter((entry) => entry !== undefined);
  return entries.length === 0 ? 0 : waitUntilDrained(engine, edge, SLOTS, entries, timeout, signal);
}

async function waitUntilDrained(
  engine: Engine,
  edge: string,
  slots: readonly Slot[],
  entries: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  const printed = await runScript(engine, edge, DRAIN_SCRIPT, drainArguments(slots, entries, timeout), {
    ...{ signal, waits: timeout },
  });
  return countIn(engine, edge, printed);
}

const drainArguments = (
  slots: readonly Slot[],
  entries: readonly string[],
  timeout: number,
): readonly string[] => [limitOf(timeout), ADMIN_ADDRESS, slots.join(' '), entries.join(' ')];

/** The arguments of `DRAIN_SCRIPT` for requests to some containers, whichever slot they came through. */
export const drainArgumentsFor = (addresses: readonly string[], timeout: number): readonly string[] =>
  drainArguments(
    SLOTS,
    addresses.flatMap((each) => socketTableAddress(each) ?? []),
    timeout,
  );

/** Hundredths of a second. */
const limitOf = (timeout: number): string => String(Math.ceil(timeout / 10));

/**
 * Waits until no connection of a TCP edge to some containers is open, or the time is over.
 *
 * @param addresses IP addresses of the containers; `undefined`: all
 * @param timeout milliseconds
 * @returns how many are left
 */
export async function drainConnections(
  engine: Engine,
  tcpEdge: string,
  addresses: readonly string[] | undefined,
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  const entries = addresses?.map(socketTableAddress).filter((entry) => entry !== undefined);
  if (entries?.length === 0) return 0;
  const args = [limitOf(timeout), entries?.join(' ') ?? ''];
  return countIn(
    engine,
    tcpEdge,
    await runScript(engine, tcpEdge, CONNECTIONS_SCRIPT, args, { signal, waits: timeout }),
  );
}

/**
 * What a drain has printed: how many requests are left.
 * @throws HostError if that is no number
 */
export function countIn({ host }: Pick<Engine, 'host'>, edge: string, printed: string): number {
  const left = Number.parseInt(printed, 10);
  if (!Number.isNaN(left)) return left;
  throw new HostError(
    host,
    `drain printed "${printed.trim()}" in ${edge} instead of a number, so it is not known how many requests were in flight. Deploy again.`,
  );
}

/**
 * An IP address in the form of /proc/net/tcp and /proc/net/tcp6: words of 32 bits in the byte order of the machine, which is
 * little-endian wherever Docker's own packages run (net/ipv4/tcp_ipv4.c, get_tcp4_sock; net/ipv6/tcp_ipv6.c, get_tcp6_sock).
 *
 * @returns `undefined` if it is not an IP address
 */
export function socketTableAddress(address: string): string | undefined {
  const bytes = isIPv4(address)
    ? address.split('.').map(Number)
    : isIPv6(address)
      ? ipv6Bytes(address)
      : undefined;
  if (bytes === undefined) return undefined;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString('hex').toUpperCase()).join('');
}

/** The bytes of an address in the engine's form: groups of hex digits, of which `::` replaces one run of zeros. */
function ipv6Bytes(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text = ''): readonly number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<number>(missing).fill(0), ...last].flatMap((group) => [group >> 8, group & 255]);
}
