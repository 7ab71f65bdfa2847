import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubernetesApi } from '../../src/kubernetes/kubernetes-api.ts';
import { KubernetesLockPlace } from '../../src/kubernetes/kubernetes-lock.ts';
import { asObject, type JsonObject } from '../../src/model/json.ts';
import { hostName } from '../support/identifiers.ts';

/** An API server with one lease, whose versions count as those of Kubernetes do. */
class LeaseServer {
  lease: JsonObject | undefined;
  /** Versions that were sent with PUT. */
  readonly renewedFrom: unknown[] = [];
  /** What is done before an answer; `destroy` loses it. */
  before: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  #version = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(path, resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  store(lease: JsonObject): JsonObject {
    this.#version += 1;
    const { uid = `uid-${this.#version}` } = asObject(lease['metadata']);
    this.lease = {
      ...lease,
      metadata: { ...asObject(lease['metadata']), uid, resourceVersion: String(this.#version) },
    };
    return this.lease;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: JsonObject = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    const [status, answer] = this.#result(request.method ?? '', body);
    this.before(request, response);
    if (response.destroyed) return;
    response.writeHead(status, { 'content-type': 'application/json', date: new Date().toUTCString() });
    response.end(JSON.stringify(answer));
  }

  #result(method: string, body: JsonObject): readonly [number, unknown] {
    const { lease } = this;
    if (method === 'POST')
      return lease === undefined ? [201, this.store(body)] : [409, { reason: 'AlreadyExists' }];
    if (lease === undefined) return [404, { reason: 'NotFound' }];
    if (method === 'GET') return [200, lease];
    const { uid, resourceVersion } = asObject(lease['metadata']);
    if (method === 'PUT') {
      const given = asObject(body['metadata'])['resourceVersion'];
      this.renewedFrom.push(given);
      return given === resourceVersion ? [200, this.store(body)] : [409, { reason: 'Conflict' }];
    }
    const wanted = asObject(body['preconditions']);
    if ((wanted['uid'] ?? uid) !== uid || (wanted['resourceVersion'] ?? resourceVersion) !== resourceVersion)
      return [409, { reason: 'Conflict' }];
    this.lease = undefined;
    return [200, {}];
  }
}

const OWNER = { actor: 'mona', runUrl: 'https://github.test/runs/1' };
let folder: string;
let server: LeaseServer;
let api: KubernetesApi;
let place: KubernetesLockPlace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lease-'));
  server = new LeaseServer();
  await server.listen(join(folder, 'api'));
  api = new KubernetesApi(hostName('https://cluster'), join(folder, 'api'));
  place = new KubernetesLockPlace(api, { app: 'shop', environment: 'production' }, 'shop');
});
afterEach(async () => {
  api.close();
  server.close();
  await rm(folder, { recursive: true });
});

const specOf = (): JsonObject => asObject(server.lease?.['spec']);

/** Answers to this method are lost, so many times, after what was asked for is done. */
function loseAnswersTo(method: string, times = 1): void {
  let left = times;
  server.before = (request, response) => {
    if (request.method !== method || left === 0) return;
    left -= 1;
    response.destroy();
  };
}

describe('a run that has the lock', () => {
  test('renews it on and on, also if the answer to one renewal is lost', async () => {
    const id = (await place.create(OWNER)) ?? '';
    loseAnswersTo('PUT');
    expect(await place.renew(id)).toBe(true);
    expect(await place.renew(id)).toBe(true);
    // The second one was the lost one, sent again; each one after it had the version of the lease then.
    expect(server.renewedFrom).toEqual(['1', '1', '2', '3']);
  });

  test('renews it although somebody else has changed the lease', async () => {
    const id = (await place.create(OWNER)) ?? '';
    server.store({ ...server.lease, metadata: { ...asObject(server.lease?.['metadata']), annotations: {} } });
    expect(await place.renew(id)).toBe(true);
  });

  test('has it although the answer to its creation is lost', async () => {
    loseAnswersTo('POST');
    expect(await place.create(OWNER)).toBe(specOf()['holderIdentity']);
  });

  test('has lost it if the lease is that of another holder, or gone', async () => {
    const id = (await place.create(OWNER)) ?? '';
    server.store({ ...server.lease, spec: { ...specOf(), holderIdentity: 'another' } });
    expect(await place.renew(id)).toBe(false);
    await place.remove(id);
    expect(server.lease).toBeDefined();
    server.lease = undefined;
    expect(await place.renew(id)).toBe(false);
  });
});

describe('another run', () => {
  test('is told whose the lock is', async () => {
    await place.create(OWNER);
    expect(await place.create({ actor: 'hubot', runUrl: undefined })).toBeUndefined();
    expect(await place.read()).toMatchObject({ owner: OWNER, isExpired: false, isOverdue: false });
  });

  test('removes one that has expired, but not one that was renewed since', async () => {
    const id = (await place.create(OWNER)) ?? '';
    server.store({ ...server.lease, spec: { ...specOf(), renewTime: '2026-01-01T00:00:00.000000Z' } });
    const held = await place.read();
    if (held === undefined) throw new Error('There is no lock.');
    expect(held).toMatchObject({ isExpired: true, isOverdue: true });
    await place.renew(id);
    await place.removeExpired(held);
    expect(server.lease).toBeDefined();
    await place.removeExpired({
      ...held,
      version: String(asObject(server.lease?.['metadata'])['resourceVersion']),
    });
    expect(server.lease).toBeUndefined();
  });
});
