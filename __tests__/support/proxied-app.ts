/** An app behind a proxy of its user's own, which finds its containers by the name of their service (`edge: none`). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { ActionRun, Inputs } from './action.ts';
import { probeImage } from './apps/images.ts';
import { compose, HEALTH } from './apps/probe.ts';
import { ask } from './http.ts';
import { type Lab, uniquePort } from './lab.ts';
import { type TestApp, testApp } from './test-app.ts';

const PROXY = readFileSync(join(import.meta.dirname, 'apps/proxy/proxy.js'), 'utf8');

export class ProxiedApp {
  /** Of the proxy. */
  readonly #port = uniquePort();
  readonly #lab: Lab;
  #app: TestApp | undefined;
  #image = '';

  constructor(lab: Lab) {
    this.#lab = lab;
    beforeAll(() => this.#begin());
    afterAll(() => this.#app?.remove());
  }

  async #begin(): Promise<void> {
    this.#app = await testApp({ lab: this.#lab, stem: 'theirs', files: () => this.files() });
    this.#image = await probeImage(this.#lab);
    await this.#docker('network', 'create', this.#network);
    const options = ['--name', `${this.app.name}-their-proxy`, '--network', this.#network];
    const published = ['--publish', `${this.#port}:8080`, '--env', 'SERVICE=web'];
    const program = ['node:24-slim', 'node', '--input-type=module', '--eval', PROXY];
    await this.#docker('run', '--detach', ...options, ...published, ...program);
  }

  get app(): TestApp {
    if (this.#app === undefined) throw new Error('The proxy is not there yet.');
    return this.#app;
  }

  get #network(): string {
    return `${this.app.name}-their-network`;
  }

  #docker(...args: readonly string[]): Promise<string> {
    return this.#lab.run('in', this.app.server.name, 'docker', ...args);
  }

  /** A checkout in which `web` has this too. */
  files(web: Readonly<Record<string, unknown>> = {}) {
    const service = {
      image: '${IMAGE}',
      networks: { theirs: null, default: null },
      environment: { VERSION: '${VERSION}', ON_SIGTERM: 'leave', UP_AFTER_MS: '${UP_AFTER_MS:-0}' },
      healthcheck: HEALTH,
      // Until the proxy has gone elsewhere.
      stop_grace_period: '1h',
      ...web,
    };
    const networks = { theirs: { external: true, name: '${NETWORK}' } };
    return compose({ services: { web: service }, networks });
  }

  deploy(version: string, inputs: Inputs = {}, more: readonly string[] = []): Promise<ActionRun> {
    const env = [`NETWORK=${this.#network}`, `VERSION=${version}`, ...more].join('\n');
    return this.app.deploy(this.#image, { edge: 'none', env, ...inputs });
  }

  /** What visitors ask. */
  get url(): string {
    return `http://${this.app.server.address}:${this.#port}`;
  }

  /** The version that answers behind the proxy. */
  async version(): Promise<string> {
    return JSON.parse((await ask(this.url)).body).version;
  }

  async names(): Promise<readonly string[]> {
    return Object.keys(await this.app.containers());
  }
}
