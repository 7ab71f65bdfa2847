/** An app that is released again and again, at a published port and at a domain, while all kinds of visitors are there. */
import type { ActionRun, Inputs } from '../action.ts';
import { buildVersions, type Version } from '../apps/images.ts';
import { type Behaviour, compose } from '../apps/probe.ts';
import { domainInputs, placeOf } from '../domain.ts';
import type { Lab } from '../lab.ts';
import { everyKind, type Group, plainCrowd } from '../load/crowd.ts';
import { PATIENCE } from '../load/visitor.ts';
import { succeeded, type TestApp, testApp } from '../test-app.ts';
import type { Files } from '../workspace.ts';

/** How an app takes it to be stopped. By turns, since releases of each nature are replaced by one of another. */
export const NATURES = ['exit', 'drain', 'ignore'] as const;

/** More than are kept, so that a server has to pull each time. */
const IMAGES = 8;

/** Who visits the app; `plain` where it is timed, since the slow kinds hide how fast the app is. */
export type Crowd = 'every kind' | 'plain';

/** What the releases of a soak have in common. */
export interface Shape {
  readonly replicas: number;
  /** The Compose file's own words about how it is to be updated. */
  readonly updateConfig?: Readonly<Record<string, string | number>> | undefined;
  readonly behaviour?: Behaviour;
}

/** As long as visitors wait: on a machine that has much else to do a few megabytes may take that long. */
const PATIENT: Inputs = { 'drain-timeout': `${PATIENCE}ms` };

/** What differs from release to release, beside the image. */
const VARIABLES = [
  'VERSION',
  'ON_SIGTERM',
  'BOOT_MS',
  'UP_AFTER_MS',
  'DOWN_AFTER_REQUESTS',
  'EXIT_AFTER_MS',
  'EXIT_AFTER_REQUESTS',
  'EXIT_CODE',
  'ERROR_RATE',
  'LATENCY_MS',
];

const HEALTHCHECK = {
  test: ['CMD', 'node', '-e', 'fetch("http://127.0.0.1:3000/up").then(({ ok }) => process.exit(ok ? 0 : 1))'],
  ...{ interval: '1s', timeout: '5m', retries: 2, start_period: '10s', start_interval: '200ms' },
};

const files = (port: number, { replicas, updateConfig }: Shape): Files =>
  compose({
    services: {
      web: {
        image: '${IMAGE}',
        ports: [`${port}:3000`],
        // Off but for a release that is to become unhealthy: each asks by a process of its own.
        healthcheck: { ...HEALTHCHECK, disable: '${UNCHECKED:-true}' },
        environment: Object.fromEntries(VARIABLES.map((name) => [name, `\${${name}:-}`])),
        stop_grace_period: '2s',
        deploy: { replicas, ...(updateConfig === undefined ? {} : { update_config: updateConfig }) },
      },
    },
  });

export class SoakApp {
  readonly #app: TestApp;
  readonly #images: readonly Version[];
  readonly #behaviour: Behaviour;
  readonly #domain: string;
  /** The releases that were made so far, the broken ones too. */
  #made = 0;
  /** The release that is live, and the one before it; 0 for none. */
  live = 0;
  previous = 0;

  private constructor(app: TestApp, images: readonly Version[], { behaviour = {} }: Shape) {
    this.#app = app;
    this.#images = images;
    this.#behaviour = behaviour;
    this.#domain = `${app.name}.${app.server.domain}`;
  }

  /** Makes the checkout and the images; nothing is deployed yet. */
  static async prepare(lab: Lab, shape: Shape): Promise<SoakApp> {
    const app = await testApp({ lab, stem: 'soak', files: (port) => files(port, shape) });
    const names = Array.from({ length: IMAGES }, (_, index) => `image${index}`);
    return new SoakApp(app, await buildVersions(lab, app.repository, names), shape);
  }

  /** Deploys two releases, so that there is one before it that a rollback can go to. */
  async begin(inputs: Inputs): Promise<void> {
    for (let count = 0; count < 2; count += 1) {
      const release = this.nextRelease();
      succeeded(await this.deploy(release, inputs));
      this.previous = this.live;
      this.live = release;
    }
  }

  /** The number of a release that there was not yet. */
  nextRelease(): number {
    this.#made += 1;
    return this.#made;
  }

  /** How the release with this number takes it to be stopped. */
  static nature(release: number): (typeof NATURES)[number] {
    return NATURES[release % NATURES.length] ?? 'drain';
  }

  /** Deploys the release with this number: its image and its environment are others than those of the one before. */
  deploy(release: number, inputs: Inputs = {}, behaviour: Behaviour = {}): Promise<ActionRun> {
    const { lab } = this.#app;
    const variables = {
      VERSION: release,
      ON_SIGTERM: SoakApp.nature(release),
      ...this.#behaviour,
      ...behaviour,
    };
    return this.#app.deploy(this.#images[release % this.#images.length]?.image, {
      env: Object.entries(variables)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
      ...domainInputs(lab, [this.#domain]),
      'health-path': '/up',
      ...PATIENT,
      ...inputs,
    });
  }

  rollback(): Promise<ActionRun> {
    return this.#app.rollback(PATIENT);
  }

  /** For the input `url`: where the runner looks after the switch. */
  url(path: string): string {
    return this.#app.url(path);
  }

  /** @param longest milliseconds that a stream lasts, at most */
  crowd(who: Crowd = 'every kind', longest?: number): readonly Group[] {
    // Many, since what they ask for takes its time.
    if (who === 'plain') return plainCrowd({ url: this.#app.url() }, { visitors: 8, pause: 50 });
    const { server, lab } = this.#app;
    return everyKind({ url: this.#app.url() }, placeOf(lab, server, this.#domain), longest);
  }

  async remove(): Promise<void> {
    await this.#app.remove();
  }
}
