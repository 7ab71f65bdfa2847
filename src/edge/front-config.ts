import {
  adminConfig,
  bufferSmallBody,
  type CaddyJson,
  noAutomaticHttps,
  proxyServer,
  removeViaHeaders,
  reverseProxy,
  textResponse,
} from './caddy.ts';
import { DOMAINS_FOLDER } from './layout.ts';

/** How certificates are got; one way for all apps on a host. */
export interface AcmeSettings {
  /** URL of the directory; `undefined` is Let's Encrypt. */
  readonly directory: string | undefined;
  /** For the CA's notices. */
  readonly email: string | undefined;
  /** Root certificate (PEM) of a private CA whose directory the system does not trust. */
  readonly ca: string | undefined;
}

export const CA_FILE = '/data/acme-ca.pem';
const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory';
const PERMISSION_ADDRESS = '127.0.0.1:2021';

/** A host name and nothing else: it becomes part of a path. */
const HOST_NAME_PATTERN = '^[a-z0-9-]+(\\.[a-z0-9-]+)*$';

/**
 * The front's whole config, which never changes: domains come and go as folders on its volume. A visitor's host name is
 * dialled as a path, `<domains>/<host>/s`, which links to the socket of the app's own edge.
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
          // A certificate for a name that is not a domain here is never asked for: its handshake is refused.
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

const unknownDomain = textResponse(404, 'No app has this domain here.');

/** Whether `name` is a domain here. Two matchers, asked in this order: only a host name gets as far as the disk. */
const unlessDomain = (name: string, otherwise: CaddyJson): readonly CaddyJson[] => [
  {
    match: [{ not: [{ vars_regexp: { [`{${name}}`]: { pattern: HOST_NAME_PATTERN } } }] }],
    handle: [otherwise],
    terminal: true,
  },
  {
    match: [{ not: [{ file: { root: DOMAINS_FOLDER, try_files: [`/{${name}}/owner`] } }] }],
    handle: [otherwise],
    terminal: true,
  },
];

/** Caddy itself answers ACME's HTTP challenge before any route. */
const httpServer: CaddyJson = {
  listen: [':80'],
  protocols: ['h1', 'h2c'],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain('http.request.host', unknownDomain),
    {
      handle: [
        textResponse(308, 'This site is on HTTPS.', {
          Location: ['https://{http.request.host}{http.request.uri}'],
        }),
      ],
    },
  ],
};

const httpsServer: CaddyJson = {
  listen: [':443'],
  ...proxyServer,
  tls_connection_policies: [{}],
  routes: [
    ...unlessDomain('http.request.host', unknownDomain),
    bufferSmallBody,
    {
      handle: [
        reverseProxy({
          to: [`unix/${DOMAINS_FOLDER}/{http.request.host}/s`],
          // A kept connection would lead to an edge that is gone, or that another one has replaced.
          transport: { keep_alive: { enabled: false } },
          // While an app's edge is being replaced or comes back after a crash, requests wait for it.
          retries: { try_duration: '5s', try_interval: '50ms', retry_match: [{ not: [{}] }] },
          headers: removeViaHeaders,
        }),
      ],
    },
  ],
  errors: {
    routes: [
      { handle: [textResponse('{http.error.status_code}', 'The app behind this domain does not answer.')] },
    ],
  },
};

/** Asked by Caddy's own TLS, within the container, before a certificate is loaded or got. */
const permissionServer: CaddyJson = {
  listen: [PERMISSION_ADDRESS],
  protocols: ['h1'],
  automatic_https: noAutomaticHttps,
  routes: [
    ...unlessDomain('http.request.uri.query.domain', unknownDomain),
    { handle: [textResponse(200, 'It is a domain here.')] },
  ],
};
