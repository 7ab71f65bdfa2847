import type { Engine } from '../engine/engine.ts';
import { SLOTS, type Slot } from '../model/app-environment.ts';
import { isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, SPLIT_FILE } from './layout.ts';
import { type ProbeResult, parseProbeResults } from './probe.ts';
import { LOCAL_IDENTITY, PROBE_FUNCTIONS, type ProbeIdentity } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/**
 * Reads where the edge sends requests now, and asks each of these addresses over HTTP. Prints `slot <slot> <release>` and
 * `route <slot> <route> <address>` first, then `answer <address> <status code, or why there was none>`.
 */
const ROUTES_SCRIPT: Script = {
  name: 'probe-routes',
  text: `
set -u
cd "$1"; path=$2; limit=$3; shift 3
${PROBE_FUNCTIONS}
end=$(( $(now) + limit ))
split=; read -r split < ${SPLIT_FILE} || :
case $split in
  ${ALL_TRAFFIC_TO.blue}) slots=blue;;
  ${ALL_TRAFFIC_TO.green}) slots=green;;
  *) slots='blue green';;
esac
routes=' '; targets=' '
for slot in $slots; do
  release=; read -r release < "$slot.release" || :
  [ -n "$release" ] || continue
  echo "slot $slot $release"
  for file in "$slot".*.[0-9]*; do
    address=; read -r address < "$file" || :
    [ -n "$address" ] || continue
    route=\${file#"$slot".}; route=\${route%.*}
    case $routes in *" $slot/$route/$address "*) continue;; esac
    routes="$routes$slot/$route/$address "
    echo "route $slot $route $address"
    case $targets in *" $address="*) ;; *) targets="$targets$address=$route ";; esac
  done
done
probe() {
  route=$2; shift 2
  host=${LOCAL_IDENTITY.host}; scheme=${LOCAL_IDENTITY.scheme}; protocol=${LOCAL_IDENTITY.protocol}
  while [ $# -ge 4 ]; do if [ "$1" = "$route" ]; then host=$2; scheme=$3; protocol=$4; fi; shift 4; done
  while answer=$(ask "$target" "$path"); ! has_answered "$answer" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf 'answer %s %s\\n' "$target" "$answer"
}
for pair in $targets; do target=\${pair%%=*}; probe "$target" "\${pair#*=}" "$@" & done
wait
`,
};

/** An address that the edge sends requests of a route to, and what it answered. */
export interface ProbedAddress {
  /** `undefined`: the slot holds none. */
  readonly release: ReleaseId | undefined;
  readonly route: string;
  readonly result: ProbeResult;
}

/**
 * Asks every address that the edge sends requests to now: any status code is an answer. One exec. The requests do not pass the
 * servers of the slots, so they do not count in the metrics.
 *
 * @param identities as whom each route is asked
 * @param timeout milliseconds within which every address must have answered; 0 asks once
 */
export async function probeEdgeRoutes(
  engine: Engine,
  edge: string,
  path: string,
  identities: ReadonlyMap<string, ProbeIdentity>,
  timeout: number,
  signal?: AbortSignal,
): Promise<readonly ProbedAddress[]> {
  const asked = [...identities].flatMap(([route, { host, scheme, protocol }]) => [
    route,
    host,
    scheme,
    protocol,
  ]);
  const args = [EDGE_FOLDER, path, String(Math.ceil(timeout / 10)), ...asked];
  return parseProbedRoutes(await runScript(engine, edge, ROUTES_SCRIPT, args, { signal, waits: timeout }));
}

/** Reads what the script prints. Pure. */
export function parseProbedRoutes(printed: string): readonly ProbedAddress[] {
  const lines = printed.split('\n').map((line) => line.split(' '));
  const releaseIn = (slot: Slot): ReleaseId | undefined => {
    const id = lines.find(([kind, name]) => kind === 'slot' && name === slot)?.[2];
    return id !== undefined && isReleaseId(id) ? id : undefined;
  };
  const answers = lines.filter(([kind]) => kind === 'answer').map(([, ...answer]) => answer.join(' '));
  const results = parseProbeResults(answers.join('\n'), 'any');
  return SLOTS.flatMap((slot) =>
    lines
      .filter(([kind, name]) => kind === 'route' && name === slot)
      .map(([, , route = '', address = '']) => ({
        release: releaseIn(slot),
        route,
        result: results.get(address) ?? { ok: false, failure: 'no answer' },
      })),
  );
}
