/** Apps of all kinds, for strategies to prove themselves on. */
import type { ActionRun, Inputs } from './action.ts';
import type { Version } from './apps/images.ts';
import { compose, HEALTH } from './apps/probe.ts';
import { domainInputs, placeOf } from './domain.ts';
import { ask, type Place } from './http.ts';
import { type Lab, type Server, uniquePort } from './lab.ts';
import { type TestApp, testApp } from './test-app.ts';

export const STRATEGIES = ['blue-green', 'rolling', 'canary', 'recreate'] as const;

/** What of an app matters to how it is released. */
export interface Kind {
  readonly strategy: (typeof STRATEGIES)[number];
  /** Of `web`. */
  readonly replicas: 1 | 3;
  readonly health: 'HEALTHCHECK' | 'no HEALTHCHECK';
  /** `web` at one port; or `web` at two, `api` at another one, and a worker that nobody asks. */
  readonly services: 'one service' | 'several services';
  readonly ways: 'ports' | 'domains';
  /** What makes version 2 another release. */
  readonly change: 'image' | 'environment';
}

/** A way in: a service's port, and which one of the host, or which domain, leads there. */
interface Way {
  readonly service: 'web' | 'api';
  readonly target: number;
  readonly port: number;
}

const WAYS = {
  'one service': [{ service: 'web', target: 3000 }],
  'several services': [
    { service: 'web', target: 3000 },
    { service: 'web', target: 3001 },
    { service: 'api', target: 3000 },
  ],
} as const satisfies Record<Kind['services'], readonly Omit<Way, 'port'>[]>;

const INPUTS: Readonly<Record<Kind['strategy'], Inputs>> = {
  'blue-green': {},
  rolling: {},
  // That visitors were shared out is what is tried here, not how the canary is judged.
  canary: { canary: '20% 1s, 100%', 'canary-max-latency-ratio': '100' },
  recreate: {},
};

export class KindApp {
  readonly kind: Kind;
  readonly app: TestApp;
  /** Where each way in is found. */
  readonly places: readonly Place[];
  readonly #lab: Lab;
  readonly #images: readonly Version[];
  /** As the input has them; none where the ways in are ports. */
  readonly #domains: readonly string[];

  private constructor(lab: Lab, kind: Kind, app: TestApp, images: readonly Version[], ways: readonly Way[]) {
    this.kind = kind;
    this.app = app;
    this.#lab = lab;
    this.#images = images;
    const { server } = app;
    if (kind.ways === 'ports') {
      this.places = ways.map(({ port }) => ({ url: `http://${server.address}:${port}/` }));
      this.#domains = [];
    } else {
      const named = ways.map((way) => ({
        ...way,
        name: `${way.service}${way.target}.${app.name}.${server.domain}`,
      }));
      this.places = named.map(({ name }) => placeOf(lab, server, name));
      this.#domains = named.map(({ name, service, target }) => `${name}=${service}:${target}`);
    }
  }

  /** @param images versions 1 and 2 */
  static async make(lab: Lab, server: Server, kind: Kind, images: readonly Version[]): Promise<KindApp> {
    const ways = WAYS[kind.services].map((way) => ({ ...way, port: uniquePort() }));
    const files = () => compose({ services: servicesOf(kind, ways) });
    return new KindApp(
      lab,
      kind,
      await testApp({ lab, servers: [server], stem: 'kind', files }),
      images,
      ways,
    );
  }

  deploy(version: 1 | 2, inputs: Inputs = {}): Promise<ActionRun> {
    const { strategy, change } = this.kind;
    return this.app.deploy(this.#images[change === 'image' ? version - 1 : 0]?.image, {
      strategy,
      ...INPUTS[strategy],
      env: `VERSION=${version}`,
      ...(this.#domains.length > 0 ? domainInputs(this.#lab, this.#domains) : {}),
      ...inputs,
    });
  }

  /** The version that answers at each way in. */
  async answers(): Promise<readonly unknown[]> {
    const answers = await Promise.all(this.places.map(({ url, connect }) => ask(url, { connect })));
    return answers.map(({ headers }) => headers['x-release']);
  }

  /** How many containers of `web` answer, asked one after another while nobody else asks. */
  async answeringReplicas(): Promise<number> {
    const met = new Set<unknown>();
    for (const { url, connect } of Array(2 * this.kind.replicas).fill(this.places[0])) {
      met.add((await ask(url, { connect })).headers['x-container']);
    }
    return met.size;
  }

  /** All containers of a release by service, in this state: to be compared with what there is. */
  whole(state: string): Readonly<Record<string, string>> {
    const web = this.kind.replicas === 1 ? ['web'] : ['web', 'web-2', 'web-3'];
    const names = this.kind.services === 'one service' ? web : [...web, 'api', 'worker'];
    return Object.fromEntries(names.map((name) => [name, state]));
  }
}

function servicesOf(kind: Kind, ways: readonly Way[]): Readonly<Record<string, unknown>> {
  // Where it changes the image, that says its version.
  const version = kind.change === 'environment' ? { VERSION: '${VERSION}' } : {};
  const service = (environment: Readonly<Record<string, string | number>> = {}) => ({
    image: '${IMAGE}',
    stop_grace_period: '5s',
    environment: { ...version, ...environment },
  });
  const asked = (name: Way['service']) => ({
    ...service({ SECOND_PORT: 3001 }),
    ...(kind.health === 'HEALTHCHECK' ? { healthcheck: HEALTH } : {}),
    ...(kind.ways === 'ports'
      ? { ports: ways.filter((way) => way.service === name).map(({ port, target }) => `${port}:${target}`) }
      : {}),
  });
  const web = { ...asked('web'), deploy: { replicas: kind.replicas } };
  return kind.services === 'one service'
    ? { web }
    : { web, api: asked('api'), worker: service({ PORT: 0, WORKER_FILE: '/tmp/work' }) };
}
