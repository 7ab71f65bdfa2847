import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Lab, serverOf } from '../../../__tests__/support/lab.ts';
import { databaseImage } from './database-image.ts';
import { type Place, type Platform, registryOf } from './story.ts';

/** The addresses of an environment: the cluster of the lab has no name server, so that of the database is fixed. */
interface Addresses {
  readonly nodePort: number;
  readonly database: string;
}

const ADDRESSES = {
  staging: { nodePort: 30_081, database: '10.96.81.1' },
  production: { nodePort: 30_080, database: '10.96.80.1' },
} as const satisfies Record<string, Addresses>;

type Environment = keyof typeof ADDRESSES;

const namespaceOf = (environment: Environment): string => `shop-${environment}`;
const manifestOf = (environment: Environment): string => `k8s/${environment}.yaml`;

/** A cluster of two nodes. Each release runs beside the one before, until the Service is switched. */
export const kubernetes: Platform = {
  title: 'A registry, a runner and a Kubernetes cluster of two nodes, on this machine',
  ...{ servers: 2, kubernetes: true },
  async files(lab) {
    const database = await databaseImage(lab);
    const environments: readonly Environment[] = ['staging', 'production'];
    return Object.fromEntries(
      environments.map((environment) => [manifestOf(environment), manifest(environment, database)]),
    );
  },
  async prepare(lab: Lab) {
    for (const environment of ['staging', 'production'] as const)
      await lab.kubectl('create', 'namespace', namespaceOf(environment));
    const [staging, production] = [placeOf(lab, 'staging'), placeOf(lab, 'production')];
    const { manifests: _, 'pull-secret': __, ...reached } = production.inputs;
    const { 'registry-username': ___, 'registry-password': ____, ...asked } = reached;
    return {
      ...{ staging, production },
      deployed: { url: `${production.addresses[0]}up`, 'health-timeout': '30s', strategy: 'blue-green' },
      status: asked,
      look: [
        `production:      ${production.addresses[0]}`,
        `staging:         ${staging.addresses[0]}`,
        `Its objects:     KUBECONFIG=${kubeconfigOf(lab)} ${lab.folder}/bin/kubectl -n ${namespaceOf('production')} get all`,
      ],
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
};

const kubeconfigOf = ({ folder }: Lab): string => join(folder, 'kubernetes/admin.conf');

const placeOf = (lab: Lab, environment: Environment): Place => ({
  inputs: {
    ...{ orchestrator: 'kubernetes', environment, namespace: namespaceOf(environment) },
    kubeconfig: readFileSync(kubeconfigOf(lab), 'utf8'),
    ...{ manifests: manifestOf(environment), 'pull-secret': 'registry' },
    ...registryOf(lab),
  },
  addresses: [`http://${serverOf(lab).address}:${ADDRESSES[environment].nodePort}/`],
});

function manifest(environment: Environment, databaseImageName: string): string {
  const { nodePort, database } = ADDRESSES[environment];
  const env = Object.entries({
    DATABASE: `${database}:6379`,
    ENVIRONMENT: environment,
    IMAGE: '${IMAGE}',
    // So long it answers kept connections with the word that they end.
    CLOSE_AFTER_MS: '1000',
  }).map(([name, value]) => ({ name, value }));
  const web = {
    ...{ name: 'web', image: '${IMAGE}', env },
    readinessProbe: { httpGet: { path: '/up', port: 3000 }, periodSeconds: 1 },
    // Until every node has heard that it stops, it goes on.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  };
  const worker = { name: 'worker', image: '${IMAGE}', env, command: ['node', 'worker.js'] };
  const wait = { name: 'wait', image: '${IMAGE}', env, command: ['node', '--eval', AWAIT_DATABASE] };
  const db = {
    name: 'db',
    image: databaseImageName,
    readinessProbe: { exec: { command: ['redis-cli', 'ping'] }, periodSeconds: 1 },
  };
  return [
    deployment('web', 2, web),
    service('web', { type: 'NodePort', ports: [{ port: 80, targetPort: 3000, nodePort }] }),
    deployment('worker', 1, worker, [wait]),
    deployment('db', 1, db),
    service('db', { clusterIP: database, ports: [{ port: 6379 }] }),
  ]
    .map((object) => stringify(object))
    .join('---\n');
}

/** The worker ends without its database, which starts at the same time. */
const AWAIT_DATABASE = `
const [host, port] = process.env.DATABASE.split(':');
const attempt = () =>
  require('node:net').connect(port, host, () => process.exit(0)).on('error', () => setTimeout(attempt, 200));
attempt();`;

const deployment = (
  app: string,
  replicas: number,
  container: object,
  initContainers: readonly object[] = [],
): object => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: app } },
  spec: {
    ...{ replicas, selector: { matchLabels: { app } } },
    template: {
      metadata: { labels: { app } },
      spec: { imagePullSecrets: [{ name: 'registry' }], initContainers, containers: [container] },
    },
  },
});

const service = (app: string, spec: object): object => ({
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: app }, spec: { selector: { app }, ...spec } },
});
