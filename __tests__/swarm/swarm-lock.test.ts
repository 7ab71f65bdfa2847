import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { HeldClusterLock } from '../../src/cluster/cluster-lock.ts';
import { EngineClient } from '../../src/engine/client.ts';
import { DockerSwarm } from '../../src/engine/docker-swarm.ts';
import { unixTransport } from '../../src/engine/transports.ts';
import { ManagerConnection } from '../../src/swarm/manager-connection.ts';
import { SwarmLockPlace } from '../../src/swarm/swarm-lock.ts';
import { hostName } from '../support/identifiers.ts';

interface Config {
  readonly ID: string;
  Version: { Index: number };
  readonly CreatedAt: string;
  UpdatedAt: string;
  Spec: { Name: string; Labels: Record<string, string>; Data: string };
}

/** A manager of a swarm that keeps configs: one of each name, and labels of one version only are changed. */
class ConfigServer {
  config: Config | undefined;
  /** By the clock of the swarm. */
  now = Date.parse('2026-01-01T00:00:00Z');
  #count = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
      const url = new URL(request.url ?? '', 'http://engine');
      const [status, answer] = this.#result(
        `${request.method} ${url.pathname.replace(/^\/v[\d.]+/, '')}`,
        url,
        body,
      );
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(status === 204 ? '' : JSON.stringify(answer));
    });
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(path, resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #result(call: string, url: URL, body: Config['Spec']): readonly [number, unknown] {
    const time = new Date(this.now).toISOString();
    if (call === 'GET /info') return [200, { SystemTime: time, Swarm: { LocalNodeState: 'active' } }];
    if (call === 'GET /configs') return [200, this.config === undefined ? [] : [this.config]];
    this.#count += 1;
    if (call === 'POST /configs/create') {
      if (this.config !== undefined) return [409, { message: 'name conflicts with an existing object' }];
      this.config = {
        ID: `id${this.#count}`,
        Version: { Index: this.#count },
        CreatedAt: time,
        UpdatedAt: time,
        Spec: body,
      };
      return [201, { ID: this.config.ID }];
    }
    const { config } = this;
    if (config === undefined || !call.includes(config.ID)) return [404, { message: 'not found' }];
    if (call.startsWith('DELETE')) {
      this.config = undefined;
      return [204, undefined];
    }
    if (url.searchParams.get('version') !== String(config.Version.Index))
      return [500, { message: 'rpc error: code = Unknown desc = update out of sequence' }];
    this.config = { ...config, Version: { Index: this.#count }, UpdatedAt: time, Spec: body };
    return [200, {}];
  }
}

const OWNER = { actor: 'mona', runUrl: 'https://github.test/runs/1' };
const log = { info() {}, notice() {}, warning() {}, debug() {} };
let folder: string;
let server: ConfigServer;
let client: EngineClient;
let place: SwarmLockPlace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-'));
  server = new ConfigServer();
  await server.listen(join(folder, 'engine'));
  client = new EngineClient(hostName('ssh://manager'), unixTransport(join(folder, 'engine')));
  const swarm = new DockerSwarm({
    client,
    version: { version: '28', apiVersion: '1.44', os: 'linux', architecture: 'amd64' },
    cliEnvironment: {},
    openWayBack: () => Promise.resolve({ kind: 'closed' as const, why: 'unused' }),
    close: async () => undefined,
  });
  const managers = new ManagerConnection(swarm, async () => swarm, { log });
  place = new SwarmLockPlace(managers, { app: 'shop', environment: 'production' });
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const held = async (): Promise<HeldClusterLock> => {
  const lock = await place.read();
  if (lock === undefined) throw new Error('There is no lock.');
  return lock;
};

test('of two runs one gets it, and the other one is told whose it is', async () => {
  const id = await place.create(OWNER);
  expect(await place.create({ actor: 'hubot', runUrl: undefined })).toBeUndefined();
  expect(await held()).toMatchObject({
    ...{ id, owner: OWNER, isExpired: false, since: '2026-01-01T00:00:00.000Z' },
  });
});

test('a run that gives signs of life has it on and on; one whose lock is another one by now has lost it', async () => {
  const id = (await place.create(OWNER)) ?? '';
  server.now += 80_000;
  expect(await place.renew(id)).toBe(true);
  server.now += 29_000;
  expect(await held()).toMatchObject({ isExpired: false, isOverdue: false });
  server.now += 51_000;
  expect(await held()).toMatchObject({ isExpired: false, isOverdue: true });
  await place.remove(id);
  expect(await place.renew(id)).toBe(false);
  await place.create({ actor: 'hubot', runUrl: undefined });
  expect(await place.renew(id)).toBe(false);
});

describe('a lock that has expired', () => {
  test('is removed by a run that waits', async () => {
    await place.create(OWNER);
    server.now += 91_000;
    expect(await held()).toMatchObject({ isExpired: true });
    await place.removeExpired(await held());
    expect(server.config).toBeUndefined();
  });

  test('stays if its run has given a sign of life since that looked at it', async () => {
    const id = (await place.create(OWNER)) ?? '';
    server.now += 91_000;
    const seen = await held();
    await place.renew(id);
    await place.removeExpired(seen);
    expect(server.config).toBeDefined();
  });

  test('is lost for its run as soon as another one has begun to take it, and anybody may end that', async () => {
    const id = (await place.create(OWNER)) ?? '';
    server.now += 91_000;
    // The run that takes it ends between its two steps.
    const { config } = server;
    if (config === undefined) throw new Error('There is no lock.');
    config.Spec.Labels['sealift.taken'] = 'true';
    config.UpdatedAt = new Date(server.now).toISOString();
    expect(await place.renew(id)).toBe(false);
    expect(await held()).toMatchObject({ isExpired: true });
    await place.removeExpired(await held());
    expect(server.config).toBeUndefined();
  });
});
