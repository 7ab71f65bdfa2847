import { describe, expect, test } from '@jest/globals';
import { planFleet } from '../../src/plan/fleet.ts';
import { deployed, Host, SHOP, wanting } from './hosts.ts';
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
  const seen = hosts.map((host, index) => host.see({ host: `s${index + 1}` }));
  const { hosts: plans } = planFleet(seen, wanting(next, { hooks }));
  return Object.fromEntries(
    [...plans].map(([host, plan]) => [host, written(plan).filter((line) => line.includes(': run '))]),
  );
}

describe('commands around a release', () => {
  const both = [
    'before-release: run migrate up in web of new in green',
    'after-release: run purge in web of new in green',
  ];

  test('are run once for a fleet, on its first host', () => {
    expect(commands(deployed(old), deployed(old))).toEqual({ s1: both, s2: [] });
  });

  test('come after the record, before anything starts; and after the old release is gone', () => {
    const plan = planFleet([deployed(old).see()], wanting(next, { hooks })).hosts.get('ssh://one') ?? {};
    const stages = Object.keys(plan);
    expect(stages.indexOf('before-release')).toBe(stages.indexOf('prepare') + 1);
    expect(stages.at(-1)).toBe('after-release');
  });

  test('are not run again for a host that is added or mended', () => {
    expect(commands(deployed(next), new Host())).toEqual({ s1: [], s2: [] });
  });
});
