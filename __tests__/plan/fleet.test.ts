import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Waves } from '../../src/model/deploy-options.ts';
import type { HostName } from '../../src/model/identifiers.ts';
import { comparesResponses, planFleet, planUsesCompose, wavesOf } from '../../src/plan/fleet.ts';
import { hostName } from '../support/identifiers.ts';
import { deployed, desiredState, Host, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const hooks = {
  before: [{ service: 'web', argv: ['migrate', 'up'] }],
  after: [{ service: 'web', argv: ['purge'] }],
};

/** The lines about commands, by host. */
function commands(...hosts: readonly Host[]): Readonly<Record<string, readonly string[]>> {
  const seen = hosts.map((host, index) => host.see({ host: hostName(hostName(`s${index + 1}`)) }));
  const { hosts: plans } = planFleet(seen, desiredState(next, { hooks }));
  return Object.fromEntries(
    [...plans].map(([host, plan]) => [host, written(plan).filter((line) => line.includes(': run '))]),
  );
}

describe('hooks', () => {
  const both = [
    'before-release: run migrate up in web of new in green',
    'after-release: run purge in web of new in green',
  ];

  test('hooks run once for a fleet, on its first host', () => {
    expect(commands(deployed(old), deployed(old))).toEqual({ s1: both, s2: [] });
  });

  test('before-release runs right after the record is written, and after-release is the last stage', () => {
    const plan =
      planFleet([deployed(old).see()], desiredState(next, { hooks })).hosts.get(hostName('ssh://one')) ?? {};
    const stages = Object.keys(plan);
    expect(stages.indexOf('before-release')).toBe(stages.indexOf('prepare') + 1);
    expect(stages.at(-1)).toBe('after-release');
  });

  test('hooks do not run again when a host is added to a fleet that has the release', () => {
    expect(commands(deployed(next), new Host())).toEqual({ s1: [], s2: [] });
  });
});

describe('waves', () => {
  const hostNames = (count: number): readonly HostName[] =>
    Array.from({ length: count }, (_, index) => hostName(`s${index + 1}`));

  test.each<[Waves, number, readonly number[]]>([
    [{ kind: 'all' }, 4, [4]],
    [{ kind: 'hosts', atMost: 1 }, 3, [1, 1, 1]],
    [{ kind: 'hosts', atMost: 2 }, 6, [1, 2, 2, 1]],
    [{ kind: 'hosts', atMost: 9 }, 4, [1, 3]],
    [{ kind: 'share', percent: 25 }, 8, [1, 2, 2, 2, 1]],
    [{ kind: 'share', percent: 1 }, 3, [1, 1, 1]],
    [{ kind: 'hosts', atMost: 2 }, 1, [1]],
  ])('%j with %d hosts gives waves of %j hosts', (waves, count, sizes) => {
    expect(wavesOf(hostNames(count), waves).map((wave) => wave.length)).toEqual(sizes);
  });

  test('every host is in exactly one wave, in the given order', () => {
    const waves = fc.oneof(
      fc.constant<Waves>({ kind: 'all' }),
      fc.record({ kind: fc.constant('hosts' as const), atMost: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ kind: fc.constant('share' as const), percent: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(waves, fc.nat(20), (limit, count) => {
        expect(wavesOf(hostNames(count), limit).flat()).toEqual(hostNames(count));
      }),
    );
  });
});

test('a release is created by Compose; one whose containers exist is started without it', () => {
  const usesCompose = (desired: Parameters<typeof desiredState>): boolean =>
    planUsesCompose(planFleet([deployed(next, old).see()], desiredState(...desired)));
  expect(usesCompose([makeRelease('other', SHOP)])).toBe(true);
  expect(usesCompose([next])).toBe(false);
  expect(usesCompose([next, { hooks }])).toBe(true);
});

test('only a watch with limits compares responses', () => {
  const compares = (changes: Parameters<typeof desiredState>[1]): boolean =>
    comparesResponses(planFleet([deployed(old).see()], desiredState(next, changes)));
  const limits = { maxErrors: 0.01, maxLatencyRatio: 2, minRequests: 50, onTooFewRequests: 'fail' } as const;
  expect([compares({}), compares({ bake: 1_000 }), compares({ bake: 1_000, limits })]).toEqual([
    false,
    false,
    true,
  ]);
});
