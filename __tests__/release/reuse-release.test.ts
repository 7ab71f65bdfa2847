import { expect, test } from '@jest/globals';
import type { ObservedHost } from '../../src/model/host.ts';
import type { ReleaseId } from '../../src/model/identifiers.ts';
import type { Release } from '../../src/model/release.ts';
import { reuseLiveReleaseId } from '../../src/release/reuse-release.ts';
import { hostName, releaseId } from '../support/identifiers.ts';

function release(id: ReleaseId, contentId?: ReleaseId): Release {
  return {
    id,
    ...(contentId === undefined ? {} : { contentId }),
    app: 'shop',
    environment: 'production',
    services: {},
    routes: [],
    recreateReason: undefined,
    compose: { services: {} },
    base: { services: {} },
    conditions: [],
    lateAccessories: [],
    confidential: [],
    health: { path: undefined, timeout: 1 },
    origin: {
      revision: undefined,
      ref: undefined,
      actor: undefined,
      runUrl: undefined,
      repository: undefined,
      tags: [],
      createdAt: '2026-01-01T00:00:00Z',
    },
  };
}

function host(accepted: ReleaseId | undefined, ...known: readonly Release[]): ObservedHost {
  return {
    host: hostName('ssh://one'),
    edge: { state: 'absent' },
    frontRunning: false,
    routedContainers: new Set(),
    traffic: undefined,
    accepted,
    releases: known.map((record) => ({ id: record.id, containers: [], slot: undefined, record })),
    accessories: [],
    history: [],
    heldPorts: [],
  };
}

test('content that is live as a forced release is that release', () => {
  const forced = release(releaseId('ffff0000'), releaseId('aaaa0000'));
  expect(reuseLiveReleaseId(release(releaseId('aaaa0000')), [host(releaseId('ffff0000'), forced)])).toEqual(
    forced,
  );
});

test('a host that was added later gets the id of the release on the others', () => {
  const forced = release(releaseId('ffff0000'), releaseId('aaaa0000'));
  expect(
    reuseLiveReleaseId(release(releaseId('aaaa0000')), [host(undefined), host(releaseId('ffff0000'), forced)])
      .id,
  ).toBe('ffff0000');
});

test('a forced release that is not live any more is not reused', () => {
  const forced = release(releaseId('ffff0000'), releaseId('aaaa0000'));
  const plain = release(releaseId('aaaa0000'));
  expect(
    reuseLiveReleaseId(plain, [host(releaseId('bbbb0000'), forced, release(releaseId('bbbb0000')))]),
  ).toBe(plain);
  expect(reuseLiveReleaseId(plain, [host(releaseId('aaaa0000'), forced, plain)])).toBe(plain);
});
