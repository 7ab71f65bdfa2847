/** What only a second run at the same time can show; e2e/all/networks.test.ts has the rest. */
import { expect, test } from '@jest/globals';
import { checkAddresses, createNetwork, type NetworkCalls } from '../../src/engine/create-network.ts';
import type { NetworkSummary } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { asList, asObject } from '../../src/model/json.ts';
import { hostName } from '../support/identifiers.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');

const network = (name: string, subnet: string): NetworkSummary => ({
  ...{ id: name, name, subnets: [subnet] },
  labels: { 'sealift.pool': '172.23.0.0/16' },
});

test('a subnet that another run takes in between is left to it', async () => {
  const networks = [network('shop-blue', '172.23.0.0/24')];
  const asked: unknown[] = [];
  const calls: NetworkCalls = {
    ...{ host: hostName('one'), range: undefined, now: () => NOW },
    list: () => Promise.resolve([...networks]),
    remove: () => Promise.resolve(),
    create: (spec) => {
      const subnet = asObject(asList(asObject(spec['IPAM'])['Config'])[0])['Subnet'];
      asked.push(subnet);
      if (asked.length > 1) return Promise.resolve('id');
      const words = 'invalid pool request: Pool overlaps with other one on this address space';
      return Promise.reject(new HostError(hostName('one'), words));
    },
  };
  await createNetwork(calls, { Name: 'shop-green' });
  expect(asked).toEqual(['172.23.1.0/24', '172.23.2.0/24']);
});

test('a pool of the engine that is small is a subnet as a whole, so that containers can choose their address in it', async () => {
  const networks: NetworkSummary[] = [];
  const calls: NetworkCalls = {
    ...{ host: hostName('one'), range: undefined, now: () => NOW },
    list: () => Promise.resolve([...networks]),
    remove: (id) => {
      networks.splice(0, networks.length, ...networks.filter((each) => each.id !== id));
      return Promise.resolve();
    },
    create: (spec) => {
      const given = asObject(asList(asObject(spec['IPAM'])['Config'])[0])['Subnet'];
      const id = given === undefined ? 'chosen' : 'given';
      networks.push({ ...network('shop-blue', String(given ?? '192.168.7.64/26')), id });
      return Promise.resolve(id);
    },
  };
  await createNetwork(calls, { Name: 'shop-blue' });
  expect(networks).toEqual([expect.objectContaining({ id: 'given', subnets: ['192.168.7.64/26'] })]);
});

test('a network by which another run just sees whether there are addresses is left alone; one of a run that was killed is removed', async () => {
  const at = (minutes: number): string => `sealift-address-check-${NOW - minutes * 60_000}-a`;
  const networks = [at(1), at(11), 'sealift-address-check-b', 'shop-blue'].map((name, index) =>
    network(name, `172.23.${index}.0/24`),
  );
  const removed: string[] = [];
  await checkAddresses(
    {
      ...{ host: hostName('one'), range: undefined, now: () => NOW },
      list: () => Promise.resolve(networks),
      create: () => Promise.reject(new Error('There are addresses.')),
      remove: (id) => {
        removed.push(id);
        return Promise.resolve();
      },
    },
    1,
  );
  expect(removed).toEqual([at(11), 'sealift-address-check-b']);
});
