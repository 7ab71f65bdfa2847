/** An app behind an edge, put together by hand from what deploys are made of, so that the edge can be tried alone. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { ADMIN_ADDRESS } from '../../src/edge/caddy.ts';
import { drainAddresses, drainSlot } from '../../src/edge/drain.ts';
import { ensureEdge, observeEdge, removeEdge, runningEdgeId } from '../../src/edge/edge.ts';
import type { EdgeSpec } from '../../src/edge/edge-spec.ts';
import { removeUnusedFront } from '../../src/edge/front.ts';
import { APP_VOLUME_MOUNT } from '../../src/edge/layout.ts';
import { type MetricsSample, readSample } from '../../src/edge/metrics.ts';
import { probeContainers } from '../../src/edge/probe.ts';
import { readTraffic } from '../../src/edge/read-traffic.ts';
import { type Direction, splitVisitors, switchToSlot } from '../../src/edge/switch-traffic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { otherSlot, SLOTS, type Slot, slotNetwork } from '../../src/model/app-environment.ts';
import type { Traffic } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { TrustedProxies } from '../../src/model/route.ts';
import { type Lab, type Server, serverOf, uniqueName, uniquePort } from './lab.ts';
import { type OwnEngine, ownEngine } from './own-engine.ts';
import { patience, progress, until } from './patience.ts';

const PROBE = readFileSync(join(import.meta.dirname, 'apps/probe/app.js'), 'utf8');
export const EDGE_IMAGE = 'caddy:2';
const EDGE_IMAGES = { edgeImage: EDGE_IMAGE, tcpEdgeImage: 'haproxy:3.2-alpine' };
const APP_IMAGE = 'node:24-slim';

/** A version in a slot. */
export interface Share {
  readonly version: ReleaseId;
  readonly slot: Slot;
  readonly replicas: readonly string[];
}

export class EdgeApp {
  readonly environment = 'test';
  readonly app = uniqueName('edge');
  readonly port = uniquePort();
  readonly url: string;
  /** Another one after the engine was restarted. */
  engine: Engine;
  readonly #server: Server;
  #routes: readonly string[] = ['web-3000'];
  /** What each version was last switched to. */
  readonly #live = new Map<string, readonly string[]>();

  constructor(engine: Engine, server: Server) {
    this.engine = engine;
    this.#server = server;
    this.url = `http://${server.address}:${this.port}/`;
  }

  /** Published at `port`, or reached by domains. */
  spec({
    published = [this.port],
    socket = false,
    also = [],
    name = 'web-3000',
    trustedProxies,
  }: {
    published?: readonly number[];
    socket?: boolean;
    /** Of the route. */
    name?: string;
    /** Ports of a second route to the same containers. */
    also?: readonly number[];
    trustedProxies?: TrustedProxies;
  } = {}): EdgeSpec {
    const at = (ports: readonly number[]) => ports.map((port) => ({ address: undefined, port }));
    return {
      app: this.app,
      environment: this.environment,
      ...(trustedProxies === undefined ? {} : { trustedProxies }),
      routes: [
        { id: name, published: at(published), socket },
        ...(also.length > 0 ? [{ id: 'api-3000', published: at(also), socket: false }] : []),
      ],
    };
  }

  async pull(): Promise<void> {
    for (const image of [EDGE_IMAGE, APP_IMAGE]) {
      const [name, tag] = image.split(':');
      await this.#server.engine.post(`/images/create?fromImage=${name}&tag=${tag}`);
    }
  }

  ensure(options: Parameters<EdgeApp['spec']>[0] = {}): Promise<string> {
    const spec = this.spec(options);
    this.#routes = spec.routes.map(({ id }) => id);
    return ensureEdge(this.engine, spec, EDGE_IMAGES, async (version) =>
      this.#addresses(this.#live.get(version)),
    );
  }

  /** Makes it where nothing has traffic. */
  ensureAnew(): Promise<string> {
    return ensureEdge(this.engine, this.spec(), EDGE_IMAGES, undefined);
  }

  async edge(): Promise<string> {
    return runningEdgeId(this.engine, await observeEdge(this.engine, this));
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
    const answers = await probeContainers(this.engine, await this.edge(), [address], {
      path: '/up',
      timeout: patience(100),
    });
    const answer = answers.get(address);
    if (answer?.ok !== true) throw new Error(`${address}: ${answer?.failure}`);
    progress(`${address} is well`);
    return address;
  }

  /** Ends what a container holds at /held. */
  async letGo(version: string, replica = 1): Promise<void> {
    await this.engine.writeFiles(
      `${this.app}-${version}-${replica}`,
      '/tmp',
      new Map([['let-go', { content: '' }]]),
    );
  }

  async stop(version: string, replica = 1): Promise<void> {
    await this.engine.stopContainer(`${this.app}-${version}-${replica}`, 5);
  }

  async switch(
    version: ReleaseId,
    slot: Slot,
    replicas: readonly string[],
    direction: Direction = 'forward',
  ): Promise<void> {
    this.#live.set(version, replicas);
    await switchToSlot(this.engine, await this.edge(), slot, version, this.#addresses(replicas), direction);
    progress(`${version} has the traffic`);
  }

  /** The old release with all the traffic, and the new one beside it, in that slot. */
  async twoReleases(versions: {
    readonly old: ReleaseId;
    readonly canary: ReleaseId;
    readonly slot: Slot;
  }): Promise<{ readonly old: Share; readonly canary: Share }> {
    const share = async (version: ReleaseId, slot: Slot): Promise<Share> => ({
      version,
      slot,
      replicas: [await this.start(version, slot)],
    });
    const old = await share(versions.old, otherSlot(versions.slot));
    const canary = await share(versions.canary, versions.slot);
    await this.switch(old.version, old.slot, old.replicas);
    return { old, canary };
  }

  /** Sends a share of the visitors to what is said first. */
  async divide(share: number, canary: Share, others: Share): Promise<void> {
    const standing = ({ version, slot, replicas }: Share) => ({
      release: version,
      slot,
      addresses: this.#addresses(replicas),
    });
    await splitVisitors(this.engine, await this.edge(), standing(canary), share, standing(others));
  }

  #addresses(replicas: readonly string[] = []): ReadonlyMap<string, readonly string[]> {
    return new Map(replicas.length === 0 ? [] : this.#routes.map((route) => [route, replicas]));
  }

  /** Where the edge sends requests, as the next run would find it. */
  async traffic(accepted?: ReleaseId): Promise<Traffic | undefined> {
    return readTraffic(await this.engine.readFiles(await this.edge(), APP_VOLUME_MOUNT), this, accepted);
  }

  async metrics(): Promise<MetricsSample> {
    return await readSample(this.engine, await this.edge());
  }

  /** Resolves once so many requests are in flight to a slot. */
  async inFlight(slot: Slot, count: number): Promise<void> {
    const isSo = async (): Promise<boolean> => (await this.metrics()).inFlight[slot] === count;
    await until(`${count} requests are in flight to ${slot}`, isSo);
  }

  /** A WebSocket of its own to the app. */
  async webSocket(): Promise<Socket> {
    const socket = connectTcp(this.port, this.#server.address);
    socket.write(
      'GET / HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [answer]: Buffer[] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 101 /);
    return socket;
  }

  /** Waits until nothing is in flight to these containers. */
  async drainContainers(addresses: readonly string[], timeout: number): Promise<number> {
    const found = await Promise.all(
      addresses.map((address) => this.engine.inspectContainer(address.replace(/:.*/, ''))),
    );
    const all = found.flatMap(({ networks }) => Object.values(networks).map(({ ipv4: address }) => address));
    return await drainAddresses(this.engine, await this.edge(), all, timeout);
  }

  /** The edge's connections and its metrics: what a wrong count was made of. */
  async connections(): Promise<string> {
    const script = 'cat /proc/net/tcp /proc/net/tcp6; wget -q -O - http://$1/metrics | grep in_flight';
    return (await this.engine.exec(await this.edge(), ['sh', '-c', script, 'connections', ADMIN_ADDRESS]))
      .stdout;
  }

  async drain(slot: Slot, timeout: number): Promise<number> {
    return await drainSlot(this.engine, await this.edge(), slot, timeout);
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
    for (const slot of SLOTS) {
      await this.#server.engine.delete(`/networks/${slotNetwork(this, slot)}`).catch(() => undefined);
    }
    await this.#server.engine.delete(`/volumes/${this.app}-${this.environment}-sealift?force=1`);
  }
}

/** The action's own way to the server of a file of tests, and an app behind an edge: one for each test, or for all. */
export class EdgeApps {
  readonly server: Server;
  readonly #lab: Lab;
  #own: OwnEngine | undefined;
  #app: EdgeApp | undefined;

  constructor(lab: Lab, one: 'for each' | 'for all' = 'for each') {
    this.#lab = lab;
    this.server = serverOf(lab);
    const [before, after] = one === 'for all' ? [beforeAll, afterAll] : [beforeEach, afterEach];
    beforeAll(async () => {
      this.#own = await ownEngine(lab, this.server);
    });
    before(async () => {
      this.#app = new EdgeApp(this.engine, this.server);
      await this.#app.pull();
    });
    after(() => this.#app?.remove());
    // Hooks are called in this order.
    afterAll(() => this.#own?.close());
  }

  get app(): EdgeApp {
    if (this.#app === undefined) throw new Error('No test has begun.');
    return this.#app;
  }

  get engine(): Engine {
    if (this.#own === undefined) throw new Error('Nobody is connected yet.');
    return this.#own.engine;
  }

  /** Restarts the engine, and connects again. */
  async restartEngine(): Promise<void> {
    await this.#lab.run('engine-stop', this.server.name);
    await this.#lab.run('engine-start', this.server.name);
    await this.#own?.reopen();
    this.app.engine = this.engine;
  }
}

/** Says a short text through a WebSocket, masked with zeros; answers what comes back. */
export async function say(socket: Socket, text: string): Promise<string> {
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]));
  const [frame]: Buffer[] = await once(socket, 'data');
  return String(frame?.subarray(2));
}

/** Takes the front off a server, unless there are domains of others. */
export async function removeFront(engine: Engine, server: Server): Promise<void> {
  const ignore = (): undefined => undefined;
  await removeUnusedFront(engine);
  for (const volume of ['sealift-front', 'sealift-front-data'])
    await server.engine.delete(`/volumes/${volume}?force=1`).catch(ignore);
  await server.engine.delete('/networks/sealift-front').catch(ignore);
}
