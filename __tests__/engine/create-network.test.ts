/** What only a second run at the same time can show; e2e/all/networks.test.ts has the rest. */
import { expect, test } from '@jest/globals';
import { createNetwork, type NetworkCalls } from '../../src/engine/create-network.ts';
import type { NetworkSummary } from '../../src/engine/engine.ts';
import { HostError } from '../../src/model/errors.ts';
import { asList, asObject } from '../../src/model/json.ts';
import { hostName } from '../support/identifiers.ts';

const network = (name: string, subnet: string): NetworkSummary => ({
  ...{ id: name, name, subnets: [subnet] },
  labels: { 'sealift.pool': '172.23.0.0/16' },
});

test('a subnet that another run takes in between is left to it', async () => {
  const networks = [network('shop-blue', '172.23.0.0/24')];
  const asked: unknown[] = [];
  const calls: NetworkCalls = {
    ...{ host: hostName('one'), range: undefined },
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
    ...{ host: hostName('one'), range: undefined },
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
