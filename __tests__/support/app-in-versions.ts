/**
 * An app of one image, which is deployed again and again as another version that behaves otherwise: by its environment alone, so
 * that a deploy takes no longer than it must.
 */
import type { ActionRun, Inputs } from './action.ts';
import { compose, probe } from './apps/probe.ts';
import type { Lab, Server } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';

type Variables = Readonly<Record<string, string | number>>;

export interface AppInVersionsOptions {
  readonly lab: Lab;
  readonly stem: string;
  readonly servers?: readonly Server[];
  /** What `web` has in the Compose file beside its image, its port and VERSION. */
  readonly service?: Readonly<Record<string, unknown>>;
  /** What the Compose file has beside its services. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Of its environment, what deploys may set, and what it is where they don't. */
  readonly behaviour?: Variables;
  /** Of every deploy, unless it is said. */
  readonly inputs?: Inputs;
}

export class AppInVersions {
  readonly app: TestApp;
  readonly #image: string | undefined;
  readonly #inputs: Inputs;
  #deployed = 0;
  #live = 0;

  private constructor(app: TestApp, image: string | undefined, inputs: Inputs) {
    this.app = app;
    this.#image = image;
    this.#inputs = inputs;
  }

  /** Builds the image and deploys its first version. */
  static async begin(options: AppInVersionsOptions): Promise<AppInVersions> {
    const { lab, stem, servers, service = {}, beside = {}, behaviour = {}, inputs = {} } = options;
    const variables = Object.entries(behaviour).map(([name, value]) => [name, `\${${name}:-${value}}`]);
    const web = (port: number): unknown => ({
      image: '${IMAGE}',
      ports: [`${port}:3000`],
      stop_grace_period: '5s',
      environment: { VERSION: '${VERSION}', ...Object.fromEntries(variables) },
      ...service,
    });
    const files = (port: number) => ({
      ...probe({ version: 'none', healthcheck: false }),
      ...compose({ services: { web: web(port) }, ...beside }),
    });
    const app = await testApp({ lab, stem, files, ...(servers === undefined ? {} : { servers }) });
    const { image } = succeeded(await app.build()).outputs;
    const versions = new AppInVersions(app, image, { 'health-timeout': '30s', ...inputs });
    succeeded(await versions.deploy({}, { strategy: 'blue-green' }));
    versions.stays();
    return versions;
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
    const env = Object.entries({ VERSION: this.#deployed, ...behaviour });
    const lines = env.map(([name, value]) => `${name}=${value}`).join('\n');
    return this.app.deploy(this.#image, { env: lines, ...this.#inputs, ...inputs }, options);
  }

  /** The version that was deployed last is the one that serves from now on. */
  stays(): void {
    this.#live = this.#deployed;
  }
}
