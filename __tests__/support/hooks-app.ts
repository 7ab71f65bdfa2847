/** An app with all that a command around a release may need: variables, a network, a volume, secrets and configs. */
import type { ActionRun, Inputs } from './action.ts';
import { probeImage } from './apps/images.ts';
import { compose } from './apps/probe.ts';
import type { Lab, Server } from './lab.ts';
import { type TestApp, testApp } from './test-app.ts';

export const KEY = 'a-key-that-nobody-may-see';

/** A program for the probe's image, which has no shell script of its own. */
export const node = (code: string): string => `node -e '${code}'`;

/** Says so, and then never ends. */
export const ENDLESS = node('console.log("works"); setInterval(() => {}, 1000)');

const document = (port: number) => ({
  services: {
    web: {
      image: '${IMAGE}',
      ports: [`${port}:3000`],
      environment: { VERSION: '${VERSION}', GREETING: 'costs $$5' },
      restart: 'always',
      read_only: true,
      secrets: ['key'],
      configs: [{ source: 'settings', target: '/etc/probe/settings' }],
      volumes: ['data:/data'],
      depends_on: ['db'],
      deploy: { replicas: 2, update_config: { order: 'start-first' } },
    },
    db: { image: 'redis:7' },
  },
  volumes: { data: {} },
  secrets: { key: { environment: 'KEY' } },
  configs: { settings: { content: 'price: $$7' } },
});

export class HooksApp {
  readonly app: TestApp;
  readonly #image: string;

  private constructor(app: TestApp, image: string) {
    this.app = app;
    this.#image = image;
  }

  static async make(lab: Lab, servers?: readonly Server[]): Promise<HooksApp> {
    const files = (port: number) => compose(document(port));
    const app = await testApp({ lab, stem: 'hook', files, ...(servers === undefined ? {} : { servers }) });
    return new HooksApp(app, await probeImage(lab));
  }

  deploy(
    version: number,
    inputs: Inputs,
    options: Parameters<TestApp['deploy']>[2] = {},
  ): Promise<ActionRun> {
    const env = `KEY=${KEY}\nVERSION=${version}`;
    return this.app.deploy(
      this.#image,
      { env, 'health-path': '/up', ...inputs },
      { secrets: { KEY }, ...options },
    );
  }

  /** Containers of commands that are there. */
  async hooks(): Promise<readonly string[]> {
    return Object.keys(await this.app.containers()).filter((name) => /-(before|after)-|-run-/.test(name));
  }
}

/** Lines of the log that a command has said. */
export const saidIn = (run: ActionRun): readonly string[] =>
  run.log.split('\n').filter((line) => line.includes('  │ '));
