/** What an app that may die is made of. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Inputs } from '../action.ts';
import { compose } from '../apps/probe.ts';
import { placeOf } from '../domain.ts';
import { node } from '../hooks-app.ts';
import { ask, type Place } from '../http.ts';
import { type Server, uniquePort } from '../lab.ts';
import { patience } from '../patience.ts';
import type { TestApp } from '../test-app.ts';
import type { Files } from '../workspace.ts';

/** An app as some of its versions are; each next version has the next shape. */
export interface Shape {
  /** Its checkout; is told the port to publish. */
  readonly files: (port: number) => Files;
  /** Its containers, but for accessories: `web-1`. */
  readonly containers: readonly string[];
  /** Of its deploys. */
  readonly inputs?: (app: TestApp) => Inputs;
  /** Variables of its Compose file beside `VERSION`. */
  readonly variables?: (app: TestApp) => Readonly<Record<string, string>>;
  /** Where visitors reach it on a server: at its port, unless it is said. */
  readonly places?: (app: TestApp, server: Server) => readonly Place[];
  /** What else is not as a deploy of this version must leave it. */
  readonly examine?: (app: TestApp, server: Server, version: string) => Promise<readonly string[]>;
}

/** Of a service whose containers take a moment to stop. */
const OWN = { image: '${IMAGE}', stop_grace_period: '2s', restart: 'unless-stopped' };
const VERSION = { VERSION: '${VERSION}' };
const JOBS = { ...OWN, environment: { ...VERSION, PORT: 0, WORKER_FILE: '/tmp/work' } };
const TWO = { replicas: 2, update_config: { parallelism: 1, order: 'start-first' } };

const atPort = (app: TestApp, server: Server): Place => ({ url: app.url('/', server) });
const domainOf = (app: TestApp, server: Server): string => `${app.name}.${server.domain}`;
const atDomain = (app: TestApp, server: Server): Place => placeOf(app.lab, server, domainOf(app, server));

/** A service with two replicas, a worker and an accessory. */
export const plainShape: Shape = {
  files: (port) =>
    compose({
      services: {
        web: { ...OWN, ports: [`${port}:3000`], environment: VERSION, deploy: TWO },
        jobs: JOBS,
        cache: { image: 'busybox:1', command: 'sleep 1d', init: true, restart: 'unless-stopped' },
      },
    }),
  containers: ['jobs-1', 'web-1', 'web-2'],
};

const PROXY = `events {}
http { access_log off; server { listen 80; add_header x-proxy \${VERSION}; location / {
  proxy_set_header Host $$http_host;
  proxy_pass http://web:3000;
} } }
`;

/** A port, a domain, commands around each release, and a proxy of the file that each deploy updates. */
export function completeShape(): Shape {
  const proxyPort = uniquePort();
  const command = node('console.log("works")');
  return {
    files: (port) =>
      compose({
        services: {
          web: { ...OWN, ports: [`${port}:3000`], environment: VERSION, deploy: TWO },
          proxy: {
            image: 'nginx:1',
            restart: 'unless-stopped',
            ports: [`${proxyPort}:80`],
            configs: [{ source: 'site', target: '/etc/nginx/nginx.conf' }],
            depends_on: ['web'],
          },
        },
        configs: { site: { content: PROXY } },
      }),
    containers: ['web-1', 'web-2'],
    inputs: (app) => ({
      domains: `${domainOf(app, app.server)}=web:3000`,
      accessories: 'update',
      'before-release': command,
      'after-release': command,
    }),
    places: (app, server) => [atPort(app, server), atDomain(app, server)],
    examine: async (_, server, version) => {
      const { headers } = await ask(`http://${server.address}:${proxyPort}/`);
      const { 'x-proxy': proxy, 'x-release': release } = headers;
      return proxy === version && release === version
        ? []
        : [`the proxy of ${String(proxy)} leads to ${String(release)}, not both to ${version}`];
    },
  };
}

/** Two shapes by turns: with a port, one that is not HTTP and a domain; with nothing but a worker. */
export function opensAndCloses(): readonly Shape[] {
  const rawPort = uniquePort();
  const open: Shape = {
    files: (port) =>
      compose({
        services: {
          web: {
            ...OWN,
            ports: [`${port}:3000`, { target: 6000, published: String(rawPort), app_protocol: 'tcp' }],
            environment: { ...VERSION, TCP_PORT: 6000 },
          },
          jobs: JOBS,
        },
      }),
    containers: ['jobs-1', 'web-1'],
    inputs: (app) => ({ domains: `${domainOf(app, app.server)}=web:3000` }),
    places: (app, server) => [atPort(app, server), atDomain(app, server)],
    examine: async (_, server, version) => {
      const said = await echo(server.address, rawPort);
      return said === `${version}:hello` ? [] : [`its port says ${said}, not ${version}:hello`];
    },
  };
  const closed: Shape = {
    files: () => compose({ services: { jobs: JOBS } }),
    containers: ['jobs-1'],
    places: () => [],
  };
  return [open, closed];
}

async function echo(host: string, port: number): Promise<string> {
  const socket = connect(port, host);
  try {
    socket.write('hello');
    const [data] = await once(socket, 'data', { signal: AbortSignal.timeout(patience(60)) });
    return String(data);
  } finally {
    socket.destroy();
  }
}
