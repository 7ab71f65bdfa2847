import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import { SLOTS, type Slot } from '../model/release.ts';
import { ADMIN_ADDRESS } from './caddy.ts';
import { runScript, type Script } from './script.ts';
import { socketTableAddress } from './socket-table.ts';

/**
 * Counts until nothing is left, twice in a row. The first look waits half a second: a request that read `split` before the
 * switch is counted only when it reaches the slot's server. Event streams and WebSockets count for as long as they last
 * (measured), since Caddy's handler stays in them.
 *
 * Where addresses are given, connections to them are counted as well and the smaller number holds: Caddy's metrics know slots
 * and not replicas, and connections are also kept for the second in which they are idle.
 */
const DRAIN_SCRIPT: Script = {
  name: 'drain',
  text: `
set -u
limit=$1; admin=$2; slots=$3; addresses=$4
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
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
end=$(( $(now) + limit ))
sleep 0.5
quiet=0
while :; do
  left=$(in_flight) || { echo "Caddy's metrics can't be read" >&2; exit 1; }
  if [ -n "$addresses" ] && [ "$left" != 0 ]; then
    open=$(connected)
    if [ "$open" -lt "$left" ]; then left=$open; fi
  fi
  if [ "$left" = 0 ]; then quiet=$((quiet + 1)); else quiet=0; fi
  if [ $quiet = 2 ] || [ "$(now)" -ge $end ]; then echo "$left"; exit 0; fi
  sleep 0.1
done
`,
};

/**
 * Waits until no request is in flight in a slot, or the time is over.
 *
 * @param timeout milliseconds
 * @returns how many requests and open streams are left
 */
export async function drainSlot(
  engine: Engine,
  edge: string,
  slot: Slot,
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  return waitUntilDrained(engine, edge, [slot], [], timeout, signal);
}

/**
 * Waits until no request is in flight to containers, whichever slot's list it was that led there, or the time is over.
 *
 * @param addresses the containers' IP addresses on the networks that they share with the edge; none: nothing to wait for
 * @param timeout milliseconds
 * @returns how many requests and open streams are left
 */
export async function drainAddresses(
  engine: Engine,
  edge: string,
  addresses: readonly string[],
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  const meant = addresses.map(socketTableAddress).filter((each) => each !== undefined);
  return meant.length === 0 ? 0 : waitUntilDrained(engine, edge, SLOTS, meant, timeout, signal);
}

async function waitUntilDrained(
  engine: Engine,
  edge: string,
  slots: readonly Slot[],
  addresses: readonly string[],
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const args = [String(Math.ceil(timeout / 10)), ADMIN_ADDRESS, slots.join(' '), addresses.join(' ')];
  const printed = await runScript(engine, edge, DRAIN_SCRIPT, args, signal);
  const left = Number.parseInt(printed, 10);
  if (Number.isNaN(left))
    throw new HostError(engine.host, `drain answered "${printed.trim()}" instead of a number.`);
  return left;
}
