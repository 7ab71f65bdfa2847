import { SLOTS } from '../model/app-environment.ts';
import { MAX_SERVED_REPLICAS } from '../model/route.ts';
import { type EdgeSpec, proxyProtocolRanges, tcpRoutes } from './edge-spec.ts';
import { ALL_TRAFFIC_TO, EDGE_FOLDER, SPLIT_FILE } from './layout.ts';

/**
 * The TCP edge: HAProxy, beside Caddy, for ports that are passed through. Like Caddy's, its config never changes while it runs, and
 * it is never reloaded. A script reads the same small files for each connection that Caddy reads for each request, so a switch is
 * the same rename for both. Pure.
 */

/** Extension of the script beside a config. */
const SCRIPT_EXTENSION = '.lua';

/** The file names and contents that a TCP edge reads when it starts. */
export function tcpEdgeFiles(spec: EdgeSpec, config: string): ReadonlyMap<string, string> {
  const script = `${config}${SCRIPT_EXTENSION}`;
  return new Map([
    [config, tcpEdgeConfig(spec, `${EDGE_FOLDER}/${script}`)],
    [script, CHOOSE_SCRIPT],
  ]);
}

/**
 * - `fd-hard-limit`: HAProxy takes a table of as many connections as it may open, and engines may allow a billion.
 * - Rules that wait, here for a name, need an `inspect-delay`; a client that says nothing is not waited for.
 * - A published port of Docker has no limit of time for idle connections. HAProxy's longest is 24 days; keep-alive packets find
 *   visitors that are gone.
 */
export function tcpEdgeConfig(spec: EdgeSpec, script: string): string {
  const believed = proxyProtocolRanges(spec);
  const expect = believed.map((range) => `  tcp-request connection expect-proxy layer4 if { src ${range} }`);
  const frontends = tcpRoutes(spec).flatMap(({ id, port, sendProxy }) => [
    `frontend public.${id}`,
    `  bind :${port}`,
    ...expect,
    '  tcp-request inspect-delay 10s',
    `  tcp-request content lua.choose ${id}`,
    '  tcp-request content reject unless { var(txn.host) -m found }',
    '  tcp-request content do-resolve(txn.address,engine,ipv4) var(txn.host)',
    '  tcp-request content reject unless { var(txn.address) -m found }',
    '  tcp-request content set-dst var(txn.address)',
    '  tcp-request content set-dst-port var(txn.port)',
    `  default_backend ${sendProxy ? 'told' : 'plain'}`,
  ]);
  return `${[
    'global',
    '  fd-hard-limit 50000',
    `  lua-load-per-thread ${script}`,
    'resolvers engine',
    '  nameserver engine 127.0.0.11:53',
    '  hold valid 1s',
    'defaults',
    '  mode tcp',
    '  timeout connect 2s',
    '  timeout client 24d',
    '  timeout server 24d',
    '  option clitcpka',
    '  option srvtcpka',
    '  retries 4',
    ...frontends,
    'backend plain',
    '  server container 0.0.0.0:0',
    'backend told',
    '  server container 0.0.0.0:0 send-proxy-v2',
  ].join('\n')}\n`;
}

const [blue, green] = SLOTS;

/**
 * Chooses where a connection goes: the slot by `split`, then its replicas in turn. While two releases share the visitors, a visitor's
 * bucket is a hash of the address that the connection comes from, the same on every host. Without an address the connection is closed.
 */
const CHOOSE_SCRIPT = `
local folder, turns = "${EDGE_FOLDER}/", {}

local function line_of(name)
  local file = io.open(folder .. name)
  if file == nil then return "" end
  local line = file:read("l") or ""
  file:close()
  return line
end

local function slot_for(txn)
  local split = line_of("${SPLIT_FILE}")
  if split == "${ALL_TRAFFIC_TO.green}" then return "${green}" end
  local boundary, canary = split:match("^(%x%x%x%x%x%x%x%x) (%a+)$")
  if boundary == nil then return "${blue}" end
  local bucket = string.format("%08x", txn.c:xxh32(txn.f:src()))
  if bucket < boundary then return canary end
  return canary == "${green}" and "${blue}" or "${green}"
end

core.register_action("choose", { "tcp-req" }, function(txn, route)
  local turn = turns[route] or 0
  turns[route] = (turn + 1) % ${MAX_SERVED_REPLICAS}
  local slot = slot_for(txn)
  local host, port = line_of(slot .. "." .. route .. "." .. turn):match("^(.+):(%d+)$")
  if host == nil then return end
  txn:set_var("txn.host", host)
  txn:set_var("txn.port", tonumber(port))
end, 1)
`;
