import { expect, test } from '@jest/globals';
import type { ObservedContainer, ObservedHost } from '../../src/model/host.ts';
import { findLogs } from '../../src/rollout/print-logs.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

const container = (service: string): ObservedContainer => ({
  ...{ name: `shop-${service}-1`, service, state: 'running', health: undefined, exitCode: undefined },
  definitionFingerprint: undefined,
});
const release = (id: string, ...services: readonly string[]) => ({
  ...{ id: releaseId(id), containers: services.map(container), slot: undefined, record: undefined },
});
const HOST: ObservedHost = {
  host: hostName('ssh://a'),
  edge: { state: 'absent' },
  frontRunning: false,
  traffic: { slot: 'blue', release: releaseId('22222222') },
  routedContainers: new Set(),
  accepted: releaseId('22222222'),
  releases: [release('11111111', 'web'), release('22222222', 'web', 'jobs'), release('33333333')],
  accessories: [container('db')],
  history: [],
  heldPorts: [],
};
const asked = (services: readonly string[] = [], id?: string) => ({
  destination: { ...{ app: 'shop', environment: 'production', hosts: [] }, access: NO_ACCESS },
  release: id === undefined ? undefined : releaseId(id),
  services,
});
const NO_ACCESS = { ssh: undefined, tls: undefined };
const find = (...query: Parameters<typeof asked>) => {
  const { destination, ...rest } = asked(...query);
  return findLogs(HOST, { ...rest, destination: { ...destination, networkRange: undefined } });
};

test('without a choice, it is every service of the live release and no accessory', () => {
  expect(find()).toEqual({
    release: '22222222',
    projects: [{ project: 'shop-production-22222222', services: [] }],
  });
});

test('accessories are in a project of their own', () => {
  expect(find(['jobs', 'db']).projects).toEqual([
    { project: 'shop-production-22222222', services: ['jobs'] },
    { project: 'shop-production', services: ['db'] },
  ]);
  expect(find(['db']).projects).toEqual([{ project: 'shop-production', services: ['db'] }]);
});

test('a stopped release is found by its id', () => {
  expect(find([], '11111111').projects).toEqual([{ project: 'shop-production-11111111', services: [] }]);
});

test('what is not there is refused with what is', () => {
  expect(() => find(['worker'])).toThrow(
    'services: ssh://a has no container of service "worker", but of web, jobs and db.',
  );
  const known = 'These have containers there: 11111111, 22222222.';
  expect(() => find([], '33333333')).toThrow(
    `release: ssh://a has no containers of release "33333333". ${known}`,
  );
  const { traffic, accepted, ...rest } = HOST;
  const nothing = { ...rest, traffic: undefined, accepted: undefined, releases: [] };
  const { destination, ...query } = asked();
  expect(() =>
    findLogs(nothing, { ...query, destination: { ...destination, networkRange: undefined } }),
  ).toThrow('ssh://a: no release of shop-production is live here. None has containers there.');
});
