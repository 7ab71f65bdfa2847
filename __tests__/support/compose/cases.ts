/** What each fixture is to become; told in the words of the plan. */
import type { ComposeSource } from '../../../src/model/deploy-options.ts';
import type { SplitProject } from '../../../src/release/compose/split-project.ts';

export interface Case {
  readonly name: string;
  readonly source?: Partial<ComposeSource>;
  /** Service → role, with what else is special of it. */
  readonly services: Readonly<Record<string, string>>;
  /** `<route id>: <published ports> <domains>` */
  readonly routes?: readonly string[];
  readonly accessories?: readonly string[];
  readonly late?: readonly string[];
  /** `<services of the release> then <accessories>` */
  readonly rounds?: readonly string[];
  /** Compared where it is given: most accessories may end for all that their files say. */
  readonly endings?: Readonly<Record<string, string>>;
  readonly conditions?: readonly string[];
  readonly recreateReason?: string;
  /** Each is part of a line of the log, in order; there are no others. */
  readonly notices?: readonly string[];
}

const domain = (service: string, port: number | undefined) => ({ service, port });

export const CASES: readonly Case[] = [
  { name: 'flask', services: { web: 'served' }, routes: ['web-8000: 80'] },
  {
    name: 'react-express-mongo',
    services: { frontend: 'served', backend: 'internal' },
    routes: ['frontend-3000: 3000'],
    accessories: ['mongo'],
    conditions: ['mongo service_started'],
  },
  {
    name: 'nginx-go-postgres',
    services: { backend: 'served' },
    routes: ['backend-8000: '],
    accessories: ['cdn', 'db', 'proxy'],
    late: ['cdn', 'proxy'],
    conditions: ['db service_healthy'],
    notices: ['proxy is in front of backend:8000'],
  },
  {
    name: 'wordpress',
    services: { wordpress: 'served' },
    routes: ['wordpress-80: 80'],
    accessories: ['db'],
    notices: ['wordpress: the old and the new release both write to wp_data'],
  },
  {
    name: 'django-celery',
    services: {
      web: 'served x3',
      migrate: 'internal one-shot',
      worker: 'internal that may end x2',
      reports: 'worker that may end',
      prepare: 'internal one-shot',
      beat: 'exclusive that may end (it alone writes to beat (if two may, set deploy.update_config.order: start-first))',
    },
    routes: ['web-8000: 127.0.0.1:8000'],
    accessories: ['db', 'redis'],
    conditions: ['db service_healthy', 'redis service_started'],
  },
  {
    name: 'every-option',
    services: { web: 'served x2' },
    routes: ['web-8080: 8080'],
    notices: ['both write to /srv/uploads while'],
  },
  {
    name: 'resolved-by-compose',
    source: {
      files: ['compose.yaml', 'production.yaml'],
      variables: new Map([['REGION', 'eu']]),
    },
    services: { web: 'served x2', admin: 'worker that may end' },
    routes: ['web-8080: 8080'],
    accessories: ['exporter'],
    notices: ['web: its environment names NOT_GIVEN without a value'],
  },
  {
    name: 'built-database',
    services: {
      app: 'served',
      db: 'exclusive (it alone writes to pgdata (if two may, set deploy.update_config.order: start-first))',
    },
    routes: ['app-3000: 80'],
    recreateReason: "app needs db, and two of db can't run at once: it alone writes to pgdata",
  },
  {
    name: 'own-data',
    services: {
      web: 'served',
      search:
        'exclusive that may end (it alone writes to index (if two may, set deploy.update_config.order: start-first))',
      files: 'internal that may end',
      thumbs: 'internal',
    },
    routes: ['web-80: 80'],
    recreateReason: "web needs search, and two of search can't run at once: it alone writes to index",
    notices: ['web: the old and the new release both write to uploads'],
  },
  {
    name: 'alone',
    services: {
      named: 'served',
      host: 'exclusive that may end (network_mode: host)',
      processes: 'exclusive that may end (pid: host)',
      memory: 'exclusive that may end (ipc: host)',
      beside: 'exclusive that may end (network_mode: container:vpn)',
      dns: 'exclusive (port 53/udp is not TCP)',
      range: 'exclusive (port 80 is published on a range (9000-9010))',
      mqtt: 'served',
      tls: 'served',
      ssh: 'served',
      'http-on-known-port': 'served',
      address: 'exclusive that may end (ipv4_address: 10.99.0.5 on network lan)',
      mac: 'exclusive that may end (mac_address: 02:42:ac:11:65:43)',
      'stop-first': 'exclusive (deploy.update_config.order: stop-first)',
      'several-ports': 'served',
    },
    routes: [
      'http-on-known-port-3306: 3306',
      'mqtt-1900: 1900',
      'named-80: 8001',
      'several-ports-7000: 7000',
      'several-ports-7001: 7001',
      'several-ports-7002: 7002',
      'ssh-22: 2222',
      'tls-8443: 8443',
    ],
    notices: ["ssh: port 22 is SSH's, so its connections are passed through as they are."],
  },
  {
    name: 'domains',
    source: {
      domains: new Map([
        ['shop.example.com', domain('web', 8080)],
        ['www.example.com', domain('web', undefined)],
        ['api.example.com', domain('api', 9000)],
        ['admin.example.com', domain('admin', undefined)],
        ['one.example.com', domain('named', 9999)],
      ]),
    },
    services: {
      web: 'served',
      api: 'served',
      admin: 'served',
      named: 'exclusive (mac_address: 02:42:ac:11:65:99)',
    },
    routes: [
      'admin-7000: admin.example.com',
      'api-9000: 8090 api.example.com',
      'named-9999: one.example.com',
      'web-8080: 127.0.0.1:8081 shop.example.com www.example.com',
    ],
    notices: [
      'named: its port 80 is left to the front',
      'web: its port 80 is left to the front',
      'web: its port 443 is left to the front',
    ],
  },
  {
    name: 'networks',
    services: { web: 'served', api: 'internal', job: 'worker that may end' },
    routes: ['web-80: 8080'],
    accessories: ['cache'],
    notices: ['web: the old and the new release both write to media'],
  },
  {
    name: 'links',
    services: { web: 'served', api: 'internal' },
    routes: ['web-80: 8080'],
    accessories: ['cache', 'db', 'named', 'proxy'],
    late: ['proxy'],
    conditions: ['cache service_started', 'db service_started', 'named service_started'],
  },
  {
    name: 'namespaces',
    services: {
      app: 'exclusive that may end (network_mode: service:vpn)',
      helper: 'worker that may end',
    },
    accessories: ['data', 'vpn'],
    conditions: ['data service_started', 'vpn service_started'],
  },
  {
    name: 'shared-image',
    services: { web: 'served', worker: 'worker that may end' },
    routes: ['web-80: 8080'],
    accessories: ['other'],
  },
  {
    name: 'develop',
    services: { web: 'served' },
    routes: ['web-80: 80'],
    accessories: ['tool'],
    notices: [
      'compose.override.yaml is for local work and not read',
      'web: develop is for local work and ignored',
      'tool: develop is for local work and ignored',
    ],
  },
  {
    name: 'read-only',
    services: { web: 'served' },
    routes: ['web-80: 80'],
    notices: ['web: the old and the new release both write to certificates'],
  },
  {
    name: 'jobs',
    services: {
      web: 'served',
      setup: 'internal one-shot',
      migrate: 'internal one-shot',
      prune: 'internal one-shot',
      unchecked: 'internal one-shot',
      seed: 'worker that may end',
      retry: 'worker that may end',
      mailer: 'worker',
      listens: 'internal',
      checked: 'worker',
      relied: 'internal',
    },
    routes: ['web-80: 80'],
    accessories: ['bucket', 'cache', 'db', 'tool'],
    endings: { bucket: 'always', cache: 'maybe', tool: 'maybe' },
    conditions: ['cache service_started', 'tool service_started'],
  },
  {
    name: 'accessories-between',
    services: { web: 'served', login: 'internal one-shot', feed: 'internal', jobs: 'worker' },
    routes: ['web-80: 80'],
    accessories: ['index', 'panel', 'sync'],
    rounds: ['login then sync', 'feed, login then index'],
    late: ['panel'],
    conditions: [
      'index service_healthy',
      'panel service_started',
      'sync service_completed_successfully if it can',
      'sync service_started',
    ],
  },
  {
    name: 'build-only',
    services: {
      configured: 'worker that may end',
      worker: 'worker that may end',
      always: 'worker',
      web: 'served',
    },
    routes: ['web-80: 80'],
    notices: ['base: another image is built from it', 'plain: another image is built from it'],
  },
  {
    name: 'secrets',
    source: { variables: new Map([['SETTINGS', 'a: $1\nb: 2\n']]) },
    services: { web: 'served' },
    routes: ['web-80: 80'],
    accessories: ['db'],
  },
];

export interface Refusal {
  readonly name: string;
  readonly source?: Partial<ComposeSource>;
  /** Each is part of the error. */
  readonly says: readonly string[];
}

export const REFUSALS: readonly Refusal[] = [
  {
    name: 'refused-bind-mounts',
    says: [
      'service web mounts ./src at /src, which is on the runner and not on a server, and Sealift does not copy it: the container can write to it (with :ro it is copied). Instead: copy it into the image',
      'service web mounts ../data at /data',
      'service web mounts ~/cache at /cache',
      '/absolute at /absolute',
      'service proxy mounts ./tls.key at /etc/nginx/tls.key, which is on the runner and not on a server, and Sealift does not copy it: it looks like a secret. Instead: make it a secret (secrets: with file: ./tls.key)',
      'compose.override.yaml, which is not deployed',
      'volume disguised is the folder ./rel',
    ],
  },
  { name: 'refused-bind-mounts-included', says: ['service part mounts part/data at /data'] },
  {
    name: 'refused-secrets',
    says: [
      'secret swarm is external, which only a Swarm has. Give it file: or environment:',
      'service locked is read_only, so nothing can be put into its root folder. Give small a target in a folder of its own: target: /etc/locked/small.',
      "accessory database is read_only, and Compose can't put small into such a container",
    ],
  },
  {
    name: 'refused-ports',
    says: [
      'service random publishes 8080 on any free port of the host, which would be another one with each release. Name the port ("8080:8080")',
      'port 8081 of the host is claimed by one:80 and by two:80. Publish one of them on another port.',
      'port 8081 of the host is claimed by one:80 and by accessory',
      'service many has 25 replicas, but the edge can serve at most 24',
      'service none has a route but no replicas',
    ],
  },
  {
    name: 'refused-no-image',
    says: [
      'no service uses the image that is deployed. Write image: ${IMAGE} in place of "postgres:16" of service db, or give a service build:',
    ],
  },
  {
    name: 'refused-extended-image',
    says: ['service web has image: "${IMAGE}-web"', 'Write image: ${IMAGE}.'],
  },
  {
    name: 'refused-border',
    says: [
      'accessory sniffer has network_mode: service:web, but web gets a new container with each release. Give sniffer image: ${IMAGE}',
      'accessory debugger has pid: service:web',
      'accessory backup has volumes_from: web',
    ],
  },
  { name: 'refused-models', says: ['service web uses models:', 'service tunnel uses provider:'] },
  {
    name: 'refused-nothing-active',
    says: ['no service is active. Services with profiles: need COMPOSE_PROFILES'],
  },
  {
    name: 'domains',
    source: { domains: new Map([['shop.example.com', undefined]]) },
    says: [
      'domains: the released services have several ports that shop.example.com could point to. Write shop.example.com=api:9000 or shop.example.com=named:80 or shop.example.com=named:9999 or shop.example.com=web:8080.',
    ],
  },
  {
    name: 'nginx-go-postgres',
    source: { domains: new Map([['shop.example.com', undefined]]) },
    says: [
      'the released services have no port that shop.example.com could point to. Write shop.example.com=backend:port.',
    ],
  },
  {
    name: 'nginx-go-postgres',
    source: { domains: new Map([['shop.example.com', domain('proxy', 80)]]) },
    says: ['shop.example.com points to proxy, which is an accessory. Released services: backend.'],
  },
  {
    name: 'flask',
    source: { domains: new Map([['shop.example.com', domain('wbe', 80)]]) },
    says: ['shop.example.com points to wbe, which is not in the Compose file. Released services: web.'],
  },
  {
    name: 'alone',
    source: { domains: new Map([['shop.example.com', domain('host', 80)]]) },
    says: ["points to host, which the edge can't reach: network_mode: host"],
  },
  {
    name: 'flask',
    source: { domains: new Map([['shop.example.com', domain('web', 99)]]) },
    says: [
      'domains: shop.example.com points to web:99, but according to the Compose file web listens on 8000. Write shop.example.com=web:8000, or, if it listens on 99 as well, add it to the service: expose: ["99"].',
    ],
  },
];

/** A split in the words of a case. */
export function told(split: SplitProject): Omit<Case, 'name' | 'source'> {
  return {
    services: Object.fromEntries(
      Object.values(split.services).map((service) => [
        service.name,
        [
          service.role,
          service.oneShot ? ' one-shot' : '',
          service.mayEnd ? ' that may end' : '',
          service.replicas === 1 ? '' : ` x${service.replicas}`,
          service.exclusiveReason === undefined ? '' : ` (${service.exclusiveReason})`,
        ].join(''),
      ]),
    ),
    routes: split.routes.map((route) => {
      const ports = route.published.map(({ address, port }) =>
        address === undefined ? `${port}` : `${address}:${port}`,
      );
      return `${route.service}-${route.containerPort}: ${[...ports, ...route.domains].join(' ')}`;
    }),
    accessories: Object.keys(split.base.services),
    late: split.lateAccessories,
    rounds: split.accessoryRounds.map(
      ({ after, accessories }) => `${after.join(', ')} then ${accessories.join(', ')}`,
    ),
    endings: split.accessoryEndings,
    conditions: split.conditions
      .map(({ service, condition, optional }) => `${service} ${condition}${optional ? ' if it can' : ''}`)
      .sort(),
    ...(split.recreateReason === undefined ? {} : { recreateReason: split.recreateReason }),
    // Most fixtures have no restart policies; that has a test of its own.
    notices: split.notices.filter((line) => !line.includes('no restart policy')),
  };
}
