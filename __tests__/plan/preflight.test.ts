import { describe, expect, test } from '@jest/globals';
import type { HeldPort, ObservedHost } from '../../src/model/host.ts';
import type { Release } from '../../src/model/release.ts';
import { checkHeldPorts, checkNamesFree } from '../../src/plan/preflight.ts';
import { deployed, Host } from './hosts.ts';
import { makeRelease } from './world.ts';

const held = (port: number, changes: Partial<HeldPort> = {}): HeldPort => ({
  ...{ port, protocol: 'tcp', address: undefined, container: 'other-1', accessory: undefined },
  ...changes,
});
const published = (port: number, more: object = {}) => ({
  ports: [{ target: 1000, published: String(port), protocol: 'tcp', ...more }],
});
const WEB = makeRelease('22222222', { web: 'served' }, { base: { services: {} } });
const [EDGE_PORT = 0] = WEB.routes.flatMap((route) => route.published.map(({ port }) => port));
const hostWith = (...heldPorts: readonly HeldPort[]): ObservedHost => new Host().see({ heldPorts });

describe('a port that the release needs is free', () => {
  const selfPublished = (more: object = {}): Release => ({
    ...WEB,
    compose: { services: { dns: published(53, more) } },
  });
  const withAccessory: Release = { ...WEB, base: { services: { db: published(5432) } } };

  test.each<[string, Release, HeldPort]>([
    ['of the edge', WEB, held(EDGE_PORT)],
    ['of a service that publishes it itself', selfPublished(), held(53)],
    ['by UDP', selfPublished({ protocol: 'udp' }), held(53, { protocol: 'udp' })],
    ['of an accessory that does not run yet', withAccessory, held(5432)],
    ['at the same address', selfPublished({ host_ip: '10.0.0.1' }), held(53, { address: '10.0.0.1' })],
  ])('or the deploy is refused before anything is changed: %s', (_, release, port) => {
    expect(() => checkHeldPorts(hostWith(port), release)).toThrow(
      /port \d+(\/udp)? is already taken by container "other-1"\. Publish another port/,
    );
  });

  test.each<[string, Release, HeldPort]>([
    ['by the other protocol', selfPublished({ protocol: 'udp' }), held(53)],
    ['at another address', selfPublished({ host_ip: '10.0.0.1' }), held(53, { address: '10.0.0.2' })],
    ['that the accessory itself holds', withAccessory, held(5432, { accessory: 'db' })],
  ])('if it is held %s', (_, release, port) => {
    expect(() => checkHeldPorts(hostWith(port), release)).not.toThrow();
  });

  test('or it is held by an accessory that runs and is left alone: the error says how to remove it', () => {
    const former = held(EDGE_PORT, { container: 'shop-test-proxy-1', accessory: 'proxy' });
    expect(() => checkHeldPorts(hostWith(former), WEB)).toThrow(
      /taken by container "shop-test-proxy-1", the accessory proxy .*docker rm -f shop-test-proxy-1/,
    );
  });

  test('where an accessory runs already, whatever its definition publishes by now', () => {
    const host = deployed(withAccessory).see({ heldPorts: [held(5432)] });
    expect(() => checkHeldPorts(host, withAccessory)).not.toThrow();
  });
});

describe('the container_name of an accessory', () => {
  const named: Release = { ...WEB, base: { services: { db: { container_name: 'shop-db' } } } };

  test('that another environment of the server has is refused with a way out', () => {
    const host = new Host().see({ foreignContainers: ['shop-db'] });
    expect(() => checkNamesFree(host, named)).toThrow(
      /container_name "shop-db" of db is already taken by a container of another app or environment.*Remove container_name/,
    );
  });

  test('that a former accessory of the app has is refused, too', () => {
    const before = { ...WEB, base: { services: { database: { container_name: 'shop-db' } } } };
    const seen = deployed(before).see();
    const accessories = seen.accessories.map((each) => ({ ...each, name: 'shop-db' }));
    expect(() => checkNamesFree({ ...seen, accessories }, named)).toThrow(/no longer has/);
  });

  test('is its own after the first deploy', () => {
    const host = deployed(named).see({ foreignContainers: ['other'] });
    expect(() => checkNamesFree(host, named)).not.toThrow();
    expect(() => checkNamesFree(new Host().see(), named)).not.toThrow();
  });
});
