import type { RolloutOptions } from '../model/deploy-options.ts';
import {
  adminConfig,
  bufferSmallBody,
  type CaddyJson,
  http2WithoutTls,
  noAutomaticHttps,
  proxyServer,
  retryUnsent,
  reverseProxy,
  textResponse,
  textRoutes,
} from './caddy.ts';
import { keepClaims } from './forwarded.ts';
import { DOMAINS_FOLDER } from './layout.ts';

/**
 * Where certificates come from; the same for all apps on a host. Without `directory`, from Let's Encrypt. `ca` is the root
 * certificate (PEM) of a private CA that the system does not trust; `email` is for notices of the CA.
 */
export type AcmeSettings = RolloutOptions['acme'];

export const CA_FILE = '/data/acme-ca.pem';
const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const PERMISSION_ADDRESS = '127.0.0.1:2021';

/** Only host names: the name becomes part of a path. */
const HOST_NAME_PATTERN = '^[a-z0-9-]+(\\.[a-z0-9-]+)*$';

/**
 * The front's complete config. It never changes: a domain is a directory on the front's volume. The front connects to the path
 * `<domains>/<requested host>/s`, a link to the socket of the app's own edge.
 */
export function frontConfig(acme: AcmeSettings): CaddyJson {
  const servers = { http: httpServer, https: httpsServer, permission: permissionServer };
  return {
    admin: adminConfig,
    apps: {
      http: { metrics: {}, servers },
      tls: {
        automation: {
          policies: [{ on_demand: true, issuers: [issuer(acme)] }],
          // The front requests no certificate for an unknown name, and refuses the handshake.
          on_demand: { permission: { module: 'http', endpoint: `http://${PERMISSION_ADDRESS}/` } },
        },
      },
    },
  };
}

function issuer({ directory, email, ca }: AcmeSettings): CaddyJson {
  return {
    module: 'acme',
    ca: directory ?? LETS_ENCRYPT,
    ...(email === undefined ? {} : { email }),
    ...(ca === undefined ? {} : { trusted_roots_pem_files: [CA_FILE] }),
  };
}

const unknownDomain = textResponse(404, 'Not Found: unknown domain.');

/** Refuses a request unless the placeholder `name` is a domain here. In this order, only a host name is looked up on the disk. */
const refuseUnknown = (name: string): readonly CaddyJson[] =>
  [
    { vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME_PATTERN } } },
    { file: { root: DOMAINS_FOLDER, try_files: [`/{${name}}/owner`] } },
  ].map((isDomain) => ({ match: [{ not: [isDomain] }], handle: [unknownDomain], terminal: true }));

const toHttps = textResponse(308, 'Redirecting to HTTPS.', {
  Location: ['https://{http.request.host}{http.request.uri}'],
});

/** Caddy answers ACME's HTTP challenge itself, before any route. */
const httpServer: CaddyJson = {
  listen: [':80'],
  protocols: ['h1', 'h2c'],
  automatic_https: noAutomaticHttps,
  routes: [...refuseUnknown('http.request.host'), { handle: [toHttps] }],
};

/** No idle connection is kept: its other end may be an edge that was removed or replaced. Requests wait while an edge is replaced or restarts. */
const toEdge = (transport: CaddyJson): CaddyJson =>
  reverseProxy(
    [`unix/${DOMAINS_FOLDER}/{http.request.host}/s`],
    { keep_alive: { enabled: false }, ...transport },
    retryUnsent,
  );

/** Streams of gRPC need HTTP/2 all the way; WebSockets need HTTP/1.1. */
const toEdgeByProtocol: readonly CaddyJson[] = [
  {
    match: [{ header: { 'Content-Type': ['application/grpc', 'application/grpc+*', 'application/grpc;*'] } }],
    handle: [toEdge(http2WithoutTls)],
    terminal: true,
  },
  { handle: [toEdge({})] },
];

const httpsServer: CaddyJson = {
  listen: [':443'],
  ...proxyServer,
  tls_connection_policies: [{}],
  routes: [...refuseUnknown('http.request.host'), keepClaims, bufferSmallBody, ...toEdgeByProtocol],
  errors: textRoutes('{http.error.status_code}', '{http.error.status_text}: the app does not answer.'),
};

/** Caddy's TLS asks it, inside the container, before it loads or requests a certificate. */
const permissionServer: CaddyJson = {
  listen: [PERMISSION_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    ...refuseUnknown('http.request.uri.query.domain'),
    { handle: [textResponse(200, 'It is a domain here.')] },
  ],
};
