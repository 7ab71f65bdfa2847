import { describe, expect, test } from '@jest/globals';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { planHost } from '../../src/plan/host.ts';
import { releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, Host, planned, SHOP } from './hosts.ts';
import { crash, makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

describe('published ports that change', () => {
  test('other published ports replace the edge right before the switch, and a rollback replaces it again', () => {
    const plan = planHost(deployed(old).see(), desiredState(makeRelease('new', SHOP, { port: 9090 })));
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: replace edge for new (published ports have changed) ↶ replace edge for old (to restore the previous edge)',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
    ]);
  });
});

describe('trusted proxies that change', () => {
  const trustedProxies = { ranges: ['10.0.0.1/32'], proxyProtocol: false };

  test.each([
    ['new', next],
    ['old', old],
  ])('replace the edge, and the plan for %s says why', (_, release) => {
    const plan = planHost(deployed(old).see(), {
      ...desiredState({ ...release, trustedProxies }),
      edgeFingerprint: 'other',
    });
    expect(written(plan).filter((line) => line.includes('edge'))).toEqual([
      expect.stringContaining(`replace edge for ${release.id} (trusted-proxies has changed)`),
    ]);
  });
});

describe('domains', () => {
  const open = (id: ReleaseId): Release => {
    const made = makeRelease(id, SHOP);
    return { ...made, routes: made.routes.map((route) => ({ ...route, domains: ['shop.example.com'] })) };
  };
  const lines = (host: Host, release: Release): readonly string[] =>
    planned(host, release).filter((line) => /domains|front/.test(line));

  test('a first domain starts the front, and a failed first deploy removes it', () => {
    expect(lines(new Host(), open(releaseId('new')))).toEqual([
      'prepare: ensure-front ↶ remove-unused-front',
      'switch: route domains of new ↶ route no domains',
    ]);
  });

  test('domains are routed to the new release, and a rollback routes them back', () => {
    expect(lines(deployed(open(releaseId('old'))), open(releaseId('new')))).toEqual([
      'switch: route domains of new ↶ route domains of old',
    ]);
  });

  test('domains that the release no longer has are closed, and an unused front is removed', () => {
    expect(lines(deployed(open(releaseId('old'))), next)).toEqual([
      'switch: route domains of new ↶ route domains of old',
      'retire: remove-unused-front',
    ]);
  });

  test('domains stay open while their release is repaired', () => {
    const host = deployed(open(releaseId('old')));
    crash(host.world, releaseId('old'), ['api']);
    expect(lines(host, open(releaseId('old')))).toEqual([
      'switch: route domains of old ↶ route domains of old',
    ]);
  });

  test('domains that a killed run has opened are closed', () => {
    const host = deployed(old).deploy(open(releaseId('new')), { killedBefore: 'accept-release' });
    expect(lines(host, third)).toEqual(['switch: route domains of third ↶ route domains of old']);
  });

  test('a missing front is a reason to deploy a release with domains', () => {
    const host = deployed(open(releaseId('old')));
    host.world.front = false;
    expect(lines(host, open(releaseId('old')))[0]).toBe('prepare: ensure-front ↶ remove-unused-front');
  });
});
