import type { Engine } from '../engine/engine.ts';
import { type ProbeResult, parseProbeResults } from './probe.ts';
import { runScript, type Script } from './script.ts';
import { SPEAKS_TLS } from './speaks-tls.ts';

/** Asks ports that the edge has no route to, each in its own protocol: those of services that publish their ports themselves. */

/** What a port speaks that is not a route of the edge. */
export type PortProtocol = 'tcp' | 'tls';

export interface PortTarget {
  /** `address:port` */
  readonly address: string;
  readonly protocol: PortProtocol;
}

const PORTS_SCRIPT: Script = {
  name: 'probe-ports',
  text: `
set -u
limit=$1; shift
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
${SPEAKS_TLS}
end=$(( $(now) + limit ))
try() {
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  [ "$answer" = open ] || return 1
  if [ "$2" = tcp ] || speaks_tls "\${1%:*}" "\${1##*:}"; then return 0; fi
  answer='not TLS'; return 1
}
until_ok() {
  while ! try "$@" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf '%s %s\\n' "$1" "$answer"
}
while [ $# -ge 2 ]; do until_ok "$1" "$2" & shift 2; done
wait
`,
};

/** Milliseconds of one exec at most, so that a run that was killed leaves no probes behind for longer. */
const MAX_PORTS_EXEC = 10_000;

/**
 * Asks ports from a container with busybox until each has answered or the time is over.
 *
 * @param timeout milliseconds; 0 asks once
 * @returns for each address whether it answered, or the last failure
 */
export async function probePorts(
  engine: Engine,
  from: string,
  targets: readonly PortTarget[],
  timeout: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const results = new Map<string, ProbeResult>();
  const end = performance.now() + timeout;
  for (;;) {
    const open = targets.filter(({ address }) => results.get(address)?.ok !== true);
    const left = Math.max(0, end - performance.now());
    const limit = String(Math.ceil(Math.min(left, MAX_PORTS_EXEC) / 10));
    const args = open.flatMap(({ address, protocol }) => [address, protocol]);
    const printed = await runScript(engine, from, PORTS_SCRIPT, [limit, ...args], {
      signal,
      waits: MAX_PORTS_EXEC,
    });
    for (const [address, result] of parseProbeResults(printed)) results.set(address, result);
    if (targets.every(({ address }) => results.get(address)?.ok === true) || performance.now() >= end)
      return results;
  }
}
