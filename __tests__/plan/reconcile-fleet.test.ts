import { describe, expect, test } from '@jest/globals';
import type { Release } from '../../src/model/release.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import { deployed, Host, SHOP, wanting } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

/** The plans of two hosts that were in every run together. */
function plans(a: Host, b: Host, release: Release = third): readonly (readonly string[])[] {
  const fleet = planFleet([a.see({ host: 'ssh://a' }), b.see({ host: 'ssh://b' })], wanting(release));
  return [...fleet.hosts.values()].map(written);
}

const recovering = (lines: readonly string[] | undefined): readonly string[] =>
  (lines ?? []).filter((line) => line.startsWith('recover'));

describe('a run that was killed while its hosts accepted', () => {
  const accepted = (): Host => deployed(old).deploy(next, { killedAfter: 'accept-release' });

  test('is accepted by the others too, where it stands on all: it was proven on all', () => {
    const [one, two] = plans(accepted(), deployed(old).deploy(next, { killedBefore: 'accept-release' }));
    expect(recovering(one)).toEqual(['recover: stop web,api,jobs of old']);
    expect(recovering(two)).toEqual([
      'recover: accepted new after old (it was verified on all hosts)',
      'recover: stop web,api,jobs of old',
    ]);
    const back = 'switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue';
    expect(one).toContain(back);
    expect(two).toContain(back);
  });

  test('is mended by the same release again', () => {
    const [one, two] = plans(
      accepted(),
      deployed(old).deploy(next, { killedBefore: 'accept-release' }),
      next,
    );
    expect(recovering(two)).toContain('recover: accepted new after old (it was verified on all hosts)');
    expect(one).toContain('accept: accepted new after old ↶ rolled-back new after new');
  });

  test('and by then had taken back another one: all go back', () => {
    const [one, two] = plans(accepted(), deployed(old).deploy(next, { killedBefore: 'start-services' }));
    expect(recovering(one)).toEqual([
      'recover: rolled-back new after old (not every host has accepted it)',
      'recover: switch to old in blue',
      'recover: drain new in green',
      'recover: stop web,api,jobs of new',
      'recover: start jobs of old in blue',
      'recover: check jobs of old',
    ]);
    expect(recovering(two)).toEqual([]);
    const back = 'switch: switch to third in green ↶ switch to old in blue ↶ drain third in green';
    expect(one).toContain(back);
    expect(two).toContain(back);
  });

  test('is no reason to go back for a host that is new, or was made anew', () => {
    const [one] = plans(accepted(), new Host());
    expect(recovering(one)).toEqual(['recover: stop web,api,jobs of old']);
    expect(one).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('of another fleet says nothing of this one', () => {
    const other = deployed(old).deploy(next, { killedBefore: 'start-services' });
    const fleet = planFleet(
      [accepted().see({ host: 'ssh://a' }), other.see({ host: 'ssh://else' })],
      wanting(third),
    );
    const [one] = [...fleet.hosts.values()].map(written);
    expect(recovering(one)).toEqual(['recover: stop web,api,jobs of old']);
  });
});

test('what was accepted is asked at its own ports again, where an interrupted run had changed them', () => {
  const moved = (): Host =>
    deployed(old).deploy(makeRelease('new', SHOP, { port: 9090 }), { killedBefore: 'accept-release' });
  const [one] = plans(moved(), deployed(old));
  expect(one).toContain('prepare: replace edge for old (an interrupted run has replaced it)');
  expect(one?.filter((line) => /^switch: .*edge/.test(line))).toEqual([]);
  const [again] = plans(moved(), deployed(old), makeRelease('new', SHOP, { port: 9090 }));
  expect(again?.filter((line) => line.includes(' edge ')).length).toBe(2);
});

describe('what only some hosts serve, and none has accepted,', () => {
  test('makes way for what was accepted, although nothing of that runs', () => {
    const strategy = { name: 'recreate' } as const;
    const [one, two] = plans(
      deployed(old).deploy(next, { strategy, killedAfter: 'switch-traffic' }),
      deployed(old),
    );
    expect(recovering(one)).toEqual([
      'recover: stop web,api,jobs of new (not every host serves it)',
      'recover: start web,api of old in blue',
      'recover: check web,api of old',
      'recover: switch to old in blue',
    ]);
    expect(recovering(two)).toEqual([]);
  });

  test('makes way for nothing where nothing was', () => {
    const [one, two] = plans(new Host().deploy(next, { killedBefore: 'accept-release' }), new Host());
    expect(recovering(one)).toEqual([
      'recover: clear blue',
      'recover: drain new in blue',
      'recover: stop web,api,jobs of new (not every host serves it)',
    ]);
    expect(one?.filter((line) => line.startsWith('switch'))).toEqual(
      two?.filter((line) => line.startsWith('switch')),
    );
  });

  test('stays where all serve it', () => {
    const host = (): Host => new Host().deploy(next, { killedBefore: 'accept-release' });
    for (const lines of plans(host(), host())) {
      expect(recovering(lines)).toEqual([]);
      expect(lines).toContain(
        'switch: switch to third in green ↶ switch to new in blue ↶ drain third in green',
      );
    }
  });
});
