import type { Engine } from '../engine/engine.ts';
import { HostError } from '../model/errors.ts';
import type { Slot } from '../model/release.ts';
import { ADMIN } from './caddy.ts';
import { runScript, type Script } from './script.ts';

/**
 * Counts what is in flight in the servers of a slot until nothing is, twice in a row. The first look waits half a second: a
 * request that read `split` before the switch is counted only when it reaches the slot's server. Event streams and
 * WebSockets count for as long as they last (measured), since Caddy's handler stays in them.
 */
const DRAIN: Script = {
  name: 'drain',
  text: `
set -u
slot=$1; limit=$2
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
count() {
  metrics=$(wget -q -T 5 -O - "http://$3/metrics") || return 1
  echo "$metrics" | awk -v server="server=\\"$slot." '
    index($0, "caddy_http_requests_in_flight{") == 1 && index($0, server) { left += $NF }
    END { print left + 0 }'
}
end=$(( $(now) + limit ))
sleep 0.5
quiet=0
while :; do
  left=$(count "$@") || { echo "Caddy's metrics can't be read" >&2; exit 1; }
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
export async function drain(
  engine: Engine,
  edge: string,
  slot: Slot,
  timeout: number,
  signal?: AbortSignal,
): Promise<number> {
  const printed = await runScript(
    engine,
    edge,
    DRAIN,
    [slot, String(Math.ceil(timeout / 10)), ADMIN],
    signal,
  );
  const left = Number.parseInt(printed, 10);
  if (Number.isNaN(left))
    throw new HostError(engine.host, `drain answered "${printed.trim()}" instead of a number.`);
  return left;
}
