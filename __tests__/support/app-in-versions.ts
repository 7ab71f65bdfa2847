/**
 * An app of one image, which is deployed again and again as another version that behaves otherwise: by its environment alone, so
 * that a deploy takes no longer than it must.
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { probeImage } from './apps/images.ts';
import { compose } from './apps/probe.ts';
import type { Lab, Server } from './lab.ts';
import type { CrowdOptions, Group } from './load/crowd.ts';
import { type Load, startCrowd, startLoad } from './load/load.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

type Variables = Readonly<Record<string, string | number>>;

export interface AppInVersionsOptions {
  readonly lab: Lab;
  readonly stem: string;
  readonly servers?: readonly Server[];
  /** What `web` has in the Compose file beside its image, its port and VERSION. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** Other services, for the port of the app. */
  readonly others?: (port: number) => Readonly<Record<string, unknown>>;
  /** What the Compose file has beside its services. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Of its environment, what deploys may set, and what it is where they don't. */
  readonly behaviour?: Variables;
  /** Of every deploy, unless it is said; is told where the app answers. */
  readonly inputs?: Inputs | ((url: string) => Inputs);
}

/**
 * Such an app for the tests of a file or of a block: its first version is deployed before them, whoever visits it leaves after
 * each of them, and it is removed after all.
 */
export function appInVersions(options: AppInVersionsOptions): AppInVersions {
  const versions = new AppInVersions(options);
  beforeAll(() => versions.begin());
  afterEach(() => versions.leave());
  afterAll(() => versions.remove());
  return versions;
}

export class AppInVersions {
  readonly #options: AppInVersionsOptions;
  #app: TestApp | undefined;
  #image: string | undefined;
  #load: Load | undefined;
  #deployed = 0;
  #live = 0;

  constructor(options: AppInVersionsOptions) {
    this.#options = options;
  }

  /** Deploys the first version. */
  async begin(): Promise<void> {
    const { lab, stem, servers, service = {}, others, beside = {}, behaviour = {} } = this.#options;
    const variables = Object.entries(behaviour).map(([name, value]) => [name, `\${${name}:-${value}}`]);
    const web = (port: number): unknown => ({
      image: '${IMAGE}',
      ports: [`${port}:3000`],
      stop_grace_period: '5s',
      environment: { VERSION: '${VERSION}', ...Object.fromEntries(variables) },
      ...service,
    });
    const files = (port: number) => compose({ services: { web: web(port), ...others?.(port) }, ...beside });
    this.#app = await testApp({ lab, stem, files, ...(servers === undefined ? {} : { servers }) });
    this.#image = await probeImage(lab);
    succeeded(await this.deploy({}, { strategy: 'blue-green' }));
    this.stays();
  }

  get app(): TestApp {
    if (this.#app === undefined) throw new Error('The app has not begun.');
    return this.#app;
  }

  /** The version that serves. */
  get live(): string {
    return String(this.#live);
  }

  /** The version that was deployed last, with whatever success. */
  get latest(): string {
    return String(this.#deployed);
  }

  /** Deploys the next version, which behaves so. */
  deploy(
    behaviour: Variables = {},
    inputs: Inputs = {},
    options: Parameters<TestApp['deploy']>[2] = {},
  ): Promise<ActionRun> {
    this.#deployed += 1;
    return this.deployAgain(behaviour, inputs, options);
  }

  /** Deploys the version that was deployed last once more. */
  deployAgain(
    behaviour: Variables = {},
    inputs: Inputs = {},
    options: Parameters<TestApp['deploy']>[2] = {},
  ): Promise<ActionRun> {
    const env = Object.entries({ VERSION: this.#deployed, ...behaviour });
    const lines = env.map(([name, value]) => `${name}=${value}`).join('\n');
    // Asked for its health it is healthy at once; otherwise it would have to stay up for two seconds.
    const { inputs: own } = this.#options;
    const usual = typeof own === 'function' ? own(this.app.url()) : own;
    const all = { 'health-path': '/up', ...usual, ...inputs };
    return this.app.deploy(this.#image, { env: lines, ...all }, options);
  }

  /** The version that was deployed last is the one that serves from now on. */
  stays(): void {
    this.#live = this.#deployed;
  }

  /** Visitors come, a crowd or plain ones, and the version that serves has answered some of them. */
  async visit(who: readonly Group[] | CrowdOptions = {}): Promise<Load> {
    await this.leave();
    const load = 'length' in who ? startCrowd(who) : startLoad(this.app.url(), who);
    this.#load = load;
    await load.answered(this.live, 20);
    return load;
  }

  /** The visitors who are there leave. */
  async leave(): Promise<void> {
    await this.#load?.stop();
    this.#load = undefined;
  }

  async remove(): Promise<void> {
    await this.#app?.remove();
  }
}
