import { type CaddyJson, noAutomaticHttps, textRoutes } from './caddy.ts';

const PROBE_ADDRESS = '127.0.0.1:2020';
const PROBE_TARGET_HEADER = 'Sealift-Target';
const PROBE_HOST_HEADER = 'Sealift-Host';
const PROBE_SCHEME_HEADER = 'Sealift-Scheme';

/** As whom a container is asked. */
export interface ProbeIdentity {
  /** The `Host` of the request: many apps answer to their own name only. */
  readonly host: string;
  /** How a visitor would come; `X-Forwarded-Proto`. */
  readonly scheme: 'http' | 'https';
}

/** For apps without a name: those that check it accept `localhost`, which most HEALTHCHECKs use too. */
export const LOCAL_IDENTITY: ProbeIdentity = { host: 'localhost', scheme: 'http' };

/**
 * A server on the edge's loopback that sends a request to a container. Its client is `wget` in the edge, which by itself would
 * follow redirects, could not choose the `Host`, and would hide the cause of a failure. It always answers 200. The body is the status code of the container's
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
              set: {
                Host: [`{http.request.header.${PROBE_HOST_HEADER}}`],
                'X-Forwarded-Host': [`{http.request.header.${PROBE_HOST_HEADER}}`],
                'X-Forwarded-Proto': [`{http.request.header.${PROBE_SCHEME_HEADER}}`],
                'User-Agent': ['sealift-health'],
              },
              delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER, PROBE_SCHEME_HEADER],
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
 * Functions for scripts that use this server. `ask container:port path` prints the status code, or why there was no answer; it
 * asks as $host and $scheme say. An app that only speaks WebSocket may close the connection of any other request, so such a
 * request is repeated as WebSocket. `has_answered` tells whether a status code was printed.
 */
export const PROBE_FUNCTIONS: string = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
request() {
  target=$1; path=$2; shift 2
  wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $target" --header "${PROBE_HOST_HEADER}: $host" --header "${PROBE_SCHEME_HEADER}: $scheme" "$@" "http://${PROBE_ADDRESS}$path" 2>&1 | tr '\\n' ' '
}
has_answered() { case $1 in [1-9][0-9][0-9]' ') return 0;; esac; return 1; }
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
