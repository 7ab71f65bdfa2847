import type { Engine } from '../engine/engine.ts';
import { isReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { SLOTS, type Slot } from '../model/release.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, SPLIT_FILE } from './layout.ts';
import { type ProbeResult, parseProbeResults } from './probe.ts';
import { PROBE_FUNCTIONS } from './probe-server.ts';
import { runScript, type Script } from './script.ts';

/**
 * Reads where the edge sends requests now, and asks each of these addresses over HTTP. Prints `slot <slot> <release>` and
 * `route <slot> <route> <address>` first, then `answer <address> <status code, or why there was none>`.
 */
const ROUTES_SCRIPT: Script = {
  name: 'probe-routes',
  text: `
set -u
cd "$1"; path=$2; limit=$3
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
    case $targets in *" $address "*) ;; *) targets="$targets$address ";; esac
  done
done
probe() {
  while answer=$(ask "$1" "$path"); ! has_answered "$answer" && [ "$(now)" -lt $end ]; do sleep 0.2; done
  printf 'answer %s %s\\n' "$1" "$answer"
}
for target in $targets; do probe "$target" & done
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
 * @param timeout milliseconds within which every address must have answered; 0 asks once
 */
export async function probeEdgeRoutes(
  engine: Engine,
  edge: string,
  path: string,
  timeout: number,
  signal?: AbortSignal,
): Promise<readonly ProbedAddress[]> {
  const args = [EDGE_FOLDER, path, String(Math.ceil(timeout / 10))];
  return parseProbedRoutes(await runScript(engine, edge, ROUTES_SCRIPT, args, signal));
}

/** Reads what the script prints. Pure. */
export function parseProbedRoutes(printed: string): readonly ProbedAddress[] {
  const lines = printed.split('\n').map((line) => line.split(' '));
  const releaseIn = (slot: Slot): ReleaseId | undefined => {
    const id = lines.find(([kind, name]) => kind === 'slot' && name === slot)?.[2];
    return id !== undefined && isReleaseId(id) ? id : undefined;
  };
  const answers = lines.filter(([kind]) => kind === 'answer').map(([, ...answer]) => answer.join(' '));
  const results = parseProbeResults(answers.join('\n'), true);
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
