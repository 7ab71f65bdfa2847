/** An app in a namespace of its own on the lab's Kubernetes cluster, delivered by the bundled actions under the documented Role. */
import { parse, stringify } from 'yaml';
import type { ActionRun, Inputs } from './action.ts';
import { snippetsIn } from './documents.ts';
import { ask } from './http.ts';
import { type Lab, registryInputs } from './lab.ts';
import { patienceInput } from './patience.ts';
import { type TestApp, testApp } from './test-app.ts';
import type { Files } from './workspace.ts';

type Options = Parameters<TestApp['run']>[2];

export interface WebOptions {
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** More containers of the pod. */
  readonly besides?: readonly object[];
  /** Of the container. */
  readonly container?: Readonly<Record<string, unknown>>;
  /** Of the pods' spec. */
  readonly pod?: Readonly<Record<string, unknown>>;
  /** Of the Deployment's spec. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A Deployment of the probe as docs/kubernetes.md shows one: pods that get requests only when they are ready, and a pause before they stop. */
export const webDeployment = ({
  replicas = 2,
  env = {},
  besides = [],
  container,
  pod,
  spec,
}: WebOptions = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    ...spec,
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 15,
        ...pod,
        containers: [
          {
            name: 'web',
            image: '${IMAGE}',
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            ports: [{ containerPort: 3000 }],
            readinessProbe: { httpGet: { path: '/up', port: 3000 }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 3 } } },
            ...container,
          },
          ...besides,
        ],
      },
    },
  },
});

export const webService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 3000 }] },
};

/** A manifest of several objects. */
export const manifests = (...objects: readonly object[]): Files => ({
  'k8s.yaml': objects.map((object) => stringify(object)).join('---\n'),
});

export class KubernetesApp {
  readonly app: TestApp;
  readonly lab: Lab;
  /** Of the service account with the documented Role. */
  readonly #kubeconfig: string;
  readonly #token: string;

  constructor(app: TestApp, kubeconfig: string, token: string) {
    this.app = app;
    this.lab = app.lab;
    this.#kubeconfig = kubeconfig;
    this.#token = token;
  }

  get namespace(): string {
    return this.app.name;
  }

  /** The beginning of the names of what Sealift keeps for itself. */
  get prefix(): string {
    return `${this.app.name}-${this.app.environment}`;
  }

  get target(): Record<string, string> {
    return {
      app: this.app.name,
      environment: this.app.environment,
      orchestrator: 'kubernetes',
      kubeconfig: this.#kubeconfig,
      namespace: this.namespace,
    };
  }

  /** Deploys what the checkout describes, after it was changed. */
  async deploy(
    image: string,
    files: Files = {},
    inputs: Inputs = {},
    options: Options = {},
  ): Promise<ActionRun> {
    if (Object.keys(files).length > 0) await this.app.checkout.commit(files);
    const given = {
      ...{
        ...this.target,
        ...registryInputs(this.lab),
        image,
        manifests: 'k8s.yaml',
        'pull-secret': 'registry',
      },
      ...{ 'health-timeout': patienceInput(1000), ...inputs },
    };
    return await this.app.run('deploy', given, this.#confidential(options));
  }

  rollback(inputs: Inputs = {}, options: Options = {}): Promise<ActionRun> {
    return this.app.run('rollback', { ...this.target, ...inputs }, this.#confidential(options));
  }

  removeEnvironment(inputs: Inputs = {}, options: Options = {}): Promise<ActionRun> {
    const confirm = this.app.environment;
    return this.app.run('remove', { ...this.target, confirm, ...inputs }, this.#confidential(options));
  }

  unlock(inputs: Inputs = {}, options: Options = {}): Promise<ActionRun> {
    return this.app.run('unlock', { ...this.target, ...inputs }, this.#confidential(options));
  }

  status(inputs: Inputs = {}, options: Options = {}): Promise<ActionRun> {
    return this.app.run('status', { ...this.target, ...inputs }, this.#confidential(options));
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.lab.kubectl('--namespace', this.namespace, ...args);
  }

  // biome-ignore lint/suspicious/noExplicitAny: objects of the cluster, of which each test reads another part
  async get(...args: readonly string[]): Promise<any> {
    return JSON.parse(await this.kubectl('get', ...args, '--output', 'json'));
  }

  /** Images of the containers of a Deployment's pods that are ready and not about to stop. */
  async running(name = 'web'): Promise<readonly string[]> {
    const { items } = await this.get('pods', '--selector', `app=${name}`);
    return items
      .filter(
        // biome-ignore lint/suspicious/noExplicitAny: as above
        ({ metadata, status }: any) =>
          metadata.deletionTimestamp === undefined &&
          // biome-ignore lint/suspicious/noExplicitAny: as above
          status.conditions.some(({ type, status: is }: any) => type === 'Ready' && is === 'True'),
      )
      .map(({ spec }: { spec: { containers: { image: string }[] } }) => spec.containers[0]?.image);
  }

  /** Names of all objects of a kind in the namespace that have the labels of the app. */
  async names(kind: string): Promise<readonly string[]> {
    const { items } = await this.get(kind, '--selector', `sealift.app=${this.app.name}`);
    return items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort();
  }

  /** Where a NodePort of the Service is, on the first node. */
  async url(path = '/'): Promise<string> {
    const { spec } = await this.get('service', 'web');
    return `http://${this.lab.servers[0]?.address}:${spec.ports[0].nodePort}${path}`;
  }

  async version(): Promise<string> {
    const { body } = await ask(await this.url());
    return JSON.parse(body).version;
  }

  /** Lets its service account do more, in the whole cluster, until the end of the scope. */
  async allowInCluster(rules: readonly object[]): Promise<AsyncDisposable> {
    const { namespace, lab } = this;
    const group = 'rbac.authorization.k8s.io';
    const object = { apiVersion: `${group}/v1`, metadata: { name: namespace } };
    const role = { ...object, kind: 'ClusterRole', rules };
    const binding = {
      ...{ ...object, kind: 'ClusterRoleBinding' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: namespace },
      subjects: [{ kind: 'ServiceAccount', name: 'sealift', namespace }],
    };
    await this.app.checkout.commit({ 'rights.yaml': `${stringify(role)}---\n${stringify(binding)}` });
    const file = `${this.app.checkout.path}/rights.yaml`;
    await lab.kubectl('apply', '--filename', file);
    return {
      async [Symbol.asyncDispose]() {
        for (const kind of ['clusterrole', 'clusterrolebinding'])
          await lab.kubectl('delete', kind, namespace);
      },
    };
  }

  async remove(): Promise<void> {
    await this.lab.kubectl('delete', 'namespace', this.namespace, '--wait=false');
    await this.app.checkout.remove();
  }

  #confidential(options: NonNullable<Options>): Options {
    return { ...options, secrets: { ...options.secrets, token: this.#token } };
  }
}

/** The Role of docs/kubernetes.md, in a namespace. */
function documentedRole(namespace: string): string {
  const [snippet] = snippetsIn('docs/kubernetes.md').filter(({ content }) => /^kind: Role$/m.test(content));
  const role = parse(snippet?.content ?? '');
  return stringify({ ...role, metadata: { ...role.metadata, namespace } });
}

/** An app in a new namespace, with a service account that may do what the documented Role says. */
export async function kubernetesApp(options: {
  readonly lab: Lab;
  readonly stem: string;
  readonly files: Files;
}): Promise<KubernetesApp> {
  const { lab } = options;
  const app = await testApp({ ...options, servers: lab.servers, files: () => options.files });
  await lab.kubectl('create', 'namespace', app.name);
  const inNamespace = (...args: readonly string[]) => lab.kubectl('--namespace', app.name, ...args);
  await app.checkout.commit({ 'role.yaml': documentedRole(app.name) });
  await inNamespace('apply', '--filename', `${app.checkout.path}/role.yaml`);
  await inNamespace('create', 'serviceaccount', 'sealift');
  await inNamespace(
    'create',
    'rolebinding',
    'sealift',
    '--role',
    'sealift',
    '--serviceaccount',
    `${app.name}:sealift`,
  );
  const token = (await inNamespace('create', 'token', 'sealift', '--duration', '8h')).trim();
  return new KubernetesApp(app, await kubeconfigWith(lab, { token }), token);
}

/** A kubeconfig for the cluster of the lab with this login. */
export async function kubeconfigWith(lab: Lab, user: object): Promise<string> {
  const admin = JSON.parse(await lab.kubectl('config', 'view', '--raw', '--output', 'json'));
  return stringify({
    ...admin,
    users: [{ name: 'sealift', user }],
    contexts: [{ name: 'lab', context: { cluster: admin.clusters[0].name, user: 'sealift' } }],
    'current-context': 'lab',
  });
}
