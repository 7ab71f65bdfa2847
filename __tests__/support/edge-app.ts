/** An app behind an edge, put together by hand from what deploys are made of, so that the edge can be tried alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeSpec } from '../../src/edge/config.ts';
import { drain } from '../../src/edge/drain.ts';
import { ensureEdge, observeEdge, removeEdge, runningEdge } from '../../src/edge/edge.ts';
import { probe } from '../../src/edge/probe.ts';
import { switchTo } from '../../src/edge/switch.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SLOTS, type Slot, slotNetwork } from '../../src/model/release.ts';
import { type Server, uniqueName, uniquePort } from './lab.ts';

const PROBE = readFileSync(join(import.meta.dirname, 'apps/probe/app.js'), 'utf8');
export const EDGE_IMAGE = 'caddy:2';
const APP_IMAGE = 'node:24-slim';

export class EdgeApp {
  readonly environment = 'test';
  readonly app = uniqueName('edge');
  readonly port = uniquePort();
  readonly url: string;
  /** Another one after the engine was restarted. */
  engine: Engine;
  readonly #server: Server;

  constructor(engine: Engine, server: Server) {
    this.engine = engine;
    this.#server = server;
    this.url = `http://${server.address}:${this.port}/`;
  }

  /** Published at `port`, or reached by domains. */
  spec({
    published = [this.port],
    socket = false,
  }: {
    published?: readonly number[];
    socket?: boolean;
  } = {}): EdgeSpec {
    const ports = published.map((port) => ({ address: undefined, port }));
    return {
      app: this.app,
      environment: this.environment,
      routes: [{ id: 'web-3000', published: ports, socket }],
    };
  }

  async pull(): Promise<void> {
    for (const image of [EDGE_IMAGE, APP_IMAGE]) {
      const [name, tag] = image.split(':');
      await this.#server.engine.post(`/images/create?fromImage=${name}&tag=${tag}`);
    }
  }

  ensure(options: Parameters<EdgeApp['spec']>[0] = {}): Promise<string> {
    return ensureEdge(this.engine, this.spec(options), EDGE_IMAGE);
  }

  async edge(): Promise<string> {
    return runningEdge(this.engine, await observeEdge(this.engine, this));
  }

  /** Starts a container of a version in a slot; resolves when the edge finds it well. Answers `container:port`. */
  async start(
    version: string,
    slot: Slot,
    replica = 1,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const name = `${this.app}-${version}-${replica}`;
    await this.engine.removeContainer(name, { force: true });
    await this.engine.createContainer(name, {
      Image: APP_IMAGE,
      Cmd: ['node', '--input-type=module', '-e', PROBE],
      Env: Object.entries({ VERSION: version, ...env }).map(([key, value]) => `${key}=${value}`),
      HostConfig: { NetworkMode: slotNetwork(this, slot) },
    });
    await this.engine.startContainer(name);
    const address = `${name}:3000`;
    const answers = await probe(this.engine, await this.edge(), [address], { path: '/up', timeout: 20_000 });
    const answer = answers.get(address);
    if (answer?.ok !== true) throw new Error(`${address}: ${answer?.failure}`);
    return address;
  }

  async stop(version: string, replica = 1): Promise<void> {
    await this.engine.stopContainer(`${this.app}-${version}-${replica}`, 5);
  }

  async switch(version: string, slot: Slot, replicas: readonly string[]): Promise<void> {
    await switchTo(this.engine, await this.edge(), slot, version, new Map([['web-3000', replicas]]));
  }

  async drain(slot: Slot, timeout: number): Promise<number> {
    return await drain(this.engine, await this.edge(), slot, timeout);
  }

  /** Names and states of its edges. */
  async edges(): Promise<Record<string, string>> {
    const found = await this.engine.listContainers([`sealift.app=${this.app}`, 'sealift.role=edge']);
    return Object.fromEntries(found.map(({ name, state }) => [name.slice(this.app.length), state]));
  }

  async remove(): Promise<void> {
    await removeEdge(this.engine, this);
    for (const [name] of await this.#server.engine.containers(`${this.app}-`)) {
      await this.engine.removeContainer(name, { force: true });
    }
    for (const slot of SLOTS) await this.engine.removeNetwork(slotNetwork(this, slot));
    await this.#server.engine.delete(`/volumes/${this.app}-${this.environment}-sealift?force=1`);
  }
}
