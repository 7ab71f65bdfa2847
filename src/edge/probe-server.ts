import type { RouteProtocol } from '../model/route.ts';
import { type CaddyJson, http2WithoutTls, noAutomaticHttps, textRoutes } from './caddy.ts';
import { SPEAKS_TLS } from './speaks-tls.ts';

const PROBE_ADDRESS = '127.0.0.1:2020';
const PROBE_TARGET_HEADER = 'Sealift-Target';
const PROBE_HOST_HEADER = 'Sealift-Host';
const PROBE_SCHEME_HEADER = 'Sealift-Scheme';
const PROBE_PROTOCOL_HEADER = 'Sealift-Protocol';

/** As whom a container is asked, and how. */
export interface ProbeIdentity {
  /** The `Host` of the request: many apps answer to their own name only. */
  readonly host: string;
  /** How a visitor would come; `X-Forwarded-Proto`. */
  readonly scheme: 'http' | 'https';
  /** What the container speaks. */
  readonly protocol: 'http' | RouteProtocol;
}

/** For apps without a name: those that check it accept `localhost`, which most HEALTHCHECKs use too. */
export const LOCAL_IDENTITY: ProbeIdentity = { host: 'localhost', scheme: 'http', protocol: 'http' };

/** The method of gRPC's health protocol, and an empty message: the whole server is meant (grpc/health/v1/health.proto). */
const GRPC_HEALTH_CHECK = '/grpc.health.v1.Health/Check';
const EMPTY_GRPC_MESSAGE = '\0'.repeat(5);
/** What a probe prints of a server that says by gRPC's health protocol that it is not well. */
export const NOT_SERVING = 'NOT_SERVING';

/** Before why there was no answer. */
const NO_ANSWER = 'error:';

/** Sends a request to the container that it names, and answers with what `handle_response` makes of the response. */
function askContainer(transport: CaddyJson, headers: CaddyJson, responses: readonly CaddyJson[]): CaddyJson {
  return {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `{http.request.header.${PROBE_TARGET_HEADER}}` }],
    headers: {
      request: {
        set: {
          Host: [`{http.request.header.${PROBE_HOST_HEADER}}`],
          'X-Forwarded-Host': [`{http.request.header.${PROBE_HOST_HEADER}}`],
          'X-Forwarded-Proto': [`{http.request.header.${PROBE_SCHEME_HEADER}}`],
          'User-Agent': ['sealift-health'],
          ...headers,
        },
        delete: [PROBE_TARGET_HEADER, PROBE_HOST_HEADER, PROBE_SCHEME_HEADER, PROBE_PROTOCOL_HEADER],
      },
    },
    transport: {
      ...{ protocol: 'http', dial_timeout: '2s', response_header_timeout: '5s' },
      keep_alive: { enabled: false },
      ...transport,
    },
    handle_response: responses,
  };
}

const statusCode = textRoutes(200, '{http.reverse_proxy.status_code}');

const isProtocol = (protocol: 'grpc' | 'h2c'): CaddyJson => ({
  match: [{ header: { [PROBE_PROTOCOL_HEADER]: [protocol] } }],
  terminal: true,
});

/**
 * A server on the edge's loopback that sends a request to a container. Its client is `wget` in the edge, which by itself would
 * follow redirects, could not choose the `Host` or speak HTTP/2, and would hide the cause of a failure. It always answers 200. The
 * body is the status code of the container's answer, or why there was none. Of gRPC it is the answer to its health check.
 */
export const probeServer: CaddyJson = {
  listen: [PROBE_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    {
      ...isProtocol('grpc'),
      handle: [
        { handler: 'rewrite', method: 'POST', uri: GRPC_HEALTH_CHECK },
        { handler: 'request_body', set: EMPTY_GRPC_MESSAGE },
        askContainer(http2WithoutTls, { 'Content-Type': ['application/grpc'], Te: ['trailers'] }, [
          { match: { headers: { 'Grpc-Status': ['*'] } }, ...textRoutes(200, 'grpc-status') },
          { routes: [{ handle: [{ handler: 'copy_response', status_code: 200 }] }] },
        ]),
      ],
    },
    { ...isProtocol('h2c'), handle: [askContainer(http2WithoutTls, {}, [statusCode])] },
    { handle: [askContainer({}, {}, [statusCode])] },
  ],
  errors: textRoutes(200, `${NO_ANSWER} {http.error.message}`),
};

/**
 * Functions for scripts that use this server. `ask container:port path` prints the status code, or why there was no answer; it
 * asks as $host, $scheme and $protocol say. An app that only speaks WebSocket may close the connection of any other request, so
 * such a request is repeated as WebSocket. `has_answered` tells whether something answered.
 *
 * A gRPC server without the health protocol answers as well as any. The message `status: SERVING` has 7 bytes, of which the last
 * two are 8 and 1; another number there, or none, is another status. What is passed through is only connected to; of TLS its first
 * message is expected.
 */
export const PROBE_FUNCTIONS: string = `
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
request() {
  target=$1; path=$2; shift 2
  wget -q -T 10 -O - --header "${PROBE_TARGET_HEADER}: $target" --header "${PROBE_HOST_HEADER}: $host" --header "${PROBE_SCHEME_HEADER}: $scheme" --header "${PROBE_PROTOCOL_HEADER}: $protocol" "$@" "http://${PROBE_ADDRESS}$path" 2>&1 | tr '\\n\\000\\001\\002\\003\\010' ' 01238'
}
${SPEAKS_TLS}
has_answered() { case $1 in [1-9][0-9][0-9]' '|${NOT_SERVING}*|open) return 0;; esac; return 1; }
ask_grpc() {
  answer=$(request "$1" /)
  case $answer in
    0000281) answer='200 ';;
    000028[0-9]|00000) answer=${NOT_SERVING};;
    ${NO_ANSWER}*|wget:*) ;;
    *) answer='200 ';;
  esac
}
# With -e, nc exits as soon as it is connected; not every busybox has -z.
ask_port() {
  answer=$(nc -w 2 "\${1%:*}" "\${1##*:}" -e true 2>&1 && echo open)
  if [ "$protocol$answer" = tlsopen ] && ! speaks_tls "\${1%:*}" "\${1##*:}"; then answer='not TLS'; fi
}
ask() {
  case $protocol in
    grpc) ask_grpc "$1";;
    tcp|tls) ask_port "$1";;
    *) answer=$(request "$1" "$2");;
  esac
  case $protocol$answer in
    http*EOF*|http*reset*)
      upgraded=$(request "$1" "$2" --header 'Connection: Upgrade' --header 'Upgrade: websocket' --header 'Sec-WebSocket-Version: 13' --header 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
      if has_answered "$upgraded"; then answer=$upgraded; fi;;
  esac
  # TLS servers answer a request without TLS with 400, or not at all.
  case $protocol$answer in
    http400' '|http*EOF*|http*reset*) if speaks_tls "\${1%:*}" "\${1##*:}"; then answer=TLS; fi;;
  esac
  printf '%s' "\${answer#${NO_ANSWER} }"
}
`;
