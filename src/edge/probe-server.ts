import { type CaddyJson, noAutomaticHttps, textRoutes } from './caddy.ts';

const PROBE_ADDRESS = '127.0.0.1:2020';
const PROBE_TARGET_HEADER = 'Sealift-Target';
const PROBE_HOST_HEADER = 'Sealift-Host';

/** The `Host` of a probe: apps that check it accept `localhost`, which most HEALTHCHECKs use too. */
const PROBE_HOST = 'localhost';

/**
 * A server on the edge's loopback that sends a request to a container. Its client is `wget` in the edge, which by itself would
 * follow redirects and hide the cause of a failure. It always answers 200. The body is the status code of the container's
 * answer, or why there was none.
 */
export const probeServer: CaddyJson = {
  listen: [PROBE_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      handle: [
        {
          handler: 'reverse_proxy',
          upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
          headers: {
            request: {
              set: { Host: [`{http.request.header.${PROBE_HOST_HEADER}}`], 'User-Agent': ['sealift-health'] },
              delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER],
            },
          },
          transport: {
            protocol: 'http',
            dial_timeout: '2s',
            response_header_timeout: '5s',
            keep_alive: { enabled: false },
          },
          handle_response: [textRoutes(200, '{http.reverse_proxy.status_code}')],
        },
      ],
    },
  ],
  errors: textRoutes(200, '{http.error.message}'),
};

/**
 * Functions for scripts that use this server. `ask container:port path` prints the status code, or why there was no answer. An
 * app that only speaks WebSocket may close the connection of any other request, so such a request is repeated as WebSocket.
 * `has_answered` and `has_succeeded` tell what was printed.
 */
export const PROBE_FUNCTIONS: string = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
request() {
  target=$1; path=$2; shift 2
  wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $target" --header "${PROBE_HOST_HEADER}: ${PROBE_HOST}" "$@" "http://${PROBE_ADDRESS}$path" 2>&1 | tr '\\n' ' '
}
has_answered() { case $1 in [1-9][0-9][0-9]' ') return 0;; esac; return 1; }
has_succeeded() { case $1 in [23][0-9][0-9]' ') return 0;; esac; return 1; }
ask() {
  answer=$(request "$1" "$2")
  case $answer in
    *EOF*|*reset*)
      upgraded=$(request "$1" "$2" --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
      if has_answered "$upgraded"; then answer=$upgraded; fi;;
  esac
  printf '%s' "$answer"
}
`;
