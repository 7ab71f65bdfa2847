import { describe, expect, test } from '@jest/globals';
import type { Release } from '../../src/model/release.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import { hostName } from '../support/identifiers.ts';
import { deployed, desiredState, Host, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const third = makeRelease('third', SHOP);

/** The plans of two hosts that were in every run together. */
function plans(a: Host, b: Host, release: Release = third): readonly (readonly string[])[] {
  const fleet = planFleet(
    [a.see({ host: hostName('ssh://a') }), b.see({ host: hostName('ssh://b') })],
    desiredState(release),
  );
  return [...fleet.hosts.values()].map(written);
}

const recovering = (lines: readonly string[] | undefined): readonly string[] =>
  (lines ?? []).filter((line) => line.startsWith('recover'));

describe('after a run that was killed while its hosts accepted', () => {
  const accepted = (): Host => deployed(old).deploy(next, { killedAfter: 'accept-release' });

  test('if the release serves on all hosts, the others accept it late', () => {
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

  test('a deploy of the same release completes the acceptance', () => {
    const [one, two] = plans(
      accepted(),
      deployed(old).deploy(next, { killedBefore: 'accept-release' }),
      next,
    );
    expect(recovering(two)).toContain('recover: accepted new after old (it was verified on all hosts)');
    expect(one).toContain('accept: accepted new after old ↶ rolled-back new after new');
  });

  test('if one host has rolled back already, all hosts roll back', () => {
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

  test('a host that does not know the release is no reason to roll back', () => {
    const [one] = plans(accepted(), new Host());
    expect(recovering(one)).toEqual(['recover: stop web,api,jobs of old']);
    expect(one).toContain('switch: switch to third in blue ↶ switch to new in green ↶ drain third in blue');
  });

  test('the history of a host that was not in that run does not count', () => {
    const other = deployed(old).deploy(next, { killedBefore: 'start-services' });
    const fleet = planFleet(
      [accepted().see({ host: hostName('ssh://a') }), other.see({ host: hostName('ssh://else') })],
      desiredState(third),
    );
    const [one] = [...fleet.hosts.values()].map(written);
    expect(recovering(one)).toEqual(['recover: stop web,api,jobs of old']);
  });
});

test('the accepted release gets the edge with its own ports back after a killed run replaced it', () => {
  const moved = (): Host =>
    deployed(old).deploy(makeRelease('new', SHOP, { port: 9090 }), { killedBefore: 'accept-release' });
  const [one] = plans(moved(), deployed(old));
  expect(one).toContain('prepare: replace edge for old (an interrupted run has replaced it)');
  expect(one?.filter((line) => /^switch: .*edge/.test(line))).toEqual([]);
  const [again] = plans(moved(), deployed(old), makeRelease('new', SHOP, { port: 9090 }));
  expect(again?.filter((line) => line.includes(' edge ')).length).toBe(2);
});

describe('a release that only some hosts serve and none has accepted', () => {
  test('a release on some hosts is replaced by the accepted one, although no container of that runs', () => {
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

  test('a release on some hosts loses its traffic and stops if no release was accepted', () => {
    const [one, two] = plans(new Host().deploy(next, { killedBefore: 'accept-release' }), new Host());
    expect(recovering(one)).toEqual([
      'recover: clear blue',
      'recover: drain new in blue',
      'recover: stop web,api,jobs of new (not every host serves it)',
    ]);
    const switches = (plan: readonly string[] | undefined) =>
      plan?.filter((line) => line.startsWith('switch: switch'));
    expect(switches(one)).toEqual(switches(two));
  });

  test('a release that was never accepted stays if all hosts serve it', () => {
    const host = (): Host => new Host().deploy(next, { killedBefore: 'accept-release' });
    for (const lines of plans(host(), host())) {
      expect(recovering(lines)).toEqual([]);
      expect(lines).toContain(
        'switch: switch to third in green ↶ switch to new in blue ↶ drain third in green',
      );
    }
  });
});
