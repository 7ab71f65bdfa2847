/** An app with an accessory, which keeps what it was ever told in its volume. */
import { afterAll, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { probeImage } from './apps/images.ts';
import { compose } from './apps/probe.ts';
import { ask } from './http.ts';
import type { Lab } from './lab.ts';
import { succeeded, type TestApp, testApp } from './test-app.ts';
import type { Files } from './workspace.ts';

export interface Configuration {
  readonly greeting: string;
  /** Said by the accessory. */
  readonly motto: string;
  readonly healthy?: boolean;
}

/** The accessory is of the base of the app's image, so that nothing else is to be pulled. */
function files(port: number, { greeting, motto, healthy = true }: Configuration): Files {
  const web = {
    image: '${IMAGE}',
    ports: [`${port}:3000`],
    environment: { GREETING: greeting },
    depends_on: { db: { condition: 'service_healthy' } },
  };
  const db = {
    image: 'node:24-slim',
    command: ['node', '-e', DATABASE],
    environment: { MOTTO: motto },
    volumes: ['data:/data'],
    restart: 'always',
    stop_grace_period: '1s',
    healthcheck: {
      test: healthy ? ['CMD', 'node', '-e', 'fetch("http://127.0.0.1:5000")'] : ['CMD', 'false'],
      ...{ interval: '3s', timeout: '5m', retries: 2, start_period: '2s', start_interval: '200ms' },
    },
  };
  return compose({ services: { web, db }, volumes: { data: {} } });
}

const DATABASE = [
  'const fs = require("fs");',
  'fs.appendFileSync("/data/mottos", process.env.MOTTO + "\\n");',
  'require("http").createServer((_, answer) => answer.end(fs.readFileSync("/data/mottos"))).listen(5000);',
].join(' ');

/** The app for the tests of a file; the first release greets with "hello", its accessory has said "one". */
export class AccessoryApp {
  #app: TestApp | undefined;
  #image = '';
  #first: ActionRun | undefined;
  #port = 0;

  constructor(lab: Lab) {
    beforeAll(async () => {
      const begin = (port: number): Files => {
        this.#port = port;
        return files(port, { greeting: 'hello', motto: 'one' });
      };
      this.#app = await testApp({ lab, stem: 'change', files: begin });
      this.#image = await probeImage(lab);
      this.#first = succeeded(await this.deploy());
    });
    afterAll(() => this.#app?.remove());
  }

  get app(): TestApp {
    if (this.#app === undefined) throw new Error('The app is not live yet.');
    return this.#app;
  }

  get first(): string {
    return String(this.#first?.outputs['release']);
  }

  deploy(inputs: Inputs = {}): Promise<ActionRun> {
    return this.app.deploy(this.#image, { 'health-path': '/up', ...inputs });
  }

  async change(to: Configuration): Promise<void> {
    await this.app.checkout.commit(files(this.#port, to));
  }

  async greeting(): Promise<string> {
    return (await ask(this.app.url('/env?name=GREETING'))).body;
  }

  /** All that the accessory was ever told to say, as the app reaches it. */
  async mottos(): Promise<string> {
    return (await ask(this.app.url('/ask?url=http://db:5000/'))).body;
  }

  async database(): Promise<{ readonly Id: string }> {
    return this.app.server.engine.get(`/containers/${this.app.name}-production-db-1/json`);
  }
}
