import { describe, expect, test } from '@jest/globals';
import type { CanaryLimits, Strategy } from '../../src/model/strategy.ts';
import { planHost } from '../../src/plan/host.ts';
import { releaseId } from '../support/identifiers.ts';
import { deployed, desiredState, Host, planned, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const old = makeRelease('old', SHOP);
const next = makeRelease('new', SHOP);
const strategy: Strategy = {
  name: 'canary',
  steps: [
    { share: 0.05, duration: 120 },
    { share: 0.25, duration: 300 },
    { share: 1, duration: 60 },
  ],
};
const limits: CanaryLimits = {
  maxErrors: 0.01,
  maxLatencyRatio: 2,
  minRequests: 100,
  onTooFewRequests: 'go-on',
};
const moving = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => /^(switch|verify|bake): /.test(line));

describe('canary', () => {
  test('the share of visitors grows in steps, and each step is compared with the old release; a failure returns all visitors at once', () => {
    expect(moving(planned(deployed(old), next, { strategy, limits }))).toEqual([
      'switch: split 0.05 to new in green, others to old in blue ↶ switch to old in blue ↶ drain new in green',
      'switch: canary web,api of new for 120 against old within limits',
      'switch: split 0.25 to new in green, others to old in blue',
      'switch: canary web,api of new for 300 against old within limits',
      'switch: switch to new in green ↶ switch to old in blue ↶ drain new in green',
      'bake: bake web,api of new for 60 against old within limits',
    ]);
  });

  test('a first deploy switches all visitors at once, because there is no release to compare with', () => {
    const reason = 'all visitors at once: there is no old release to compare the new one with';
    expect(moving(planned(new Host(), next, { strategy, limits }))).toEqual([
      `switch: switch to new in blue (${reason}) ↶ clear blue ↶ drain new in blue`,
      'switch: open edge for new (the release is live) ↶ remove-edge',
      'bake: bake web,api of new for 60 against nothing',
    ]);
  });

  test('visitors are not split if the routes of the release have changed', () => {
    const other = makeRelease('new', { ...SHOP, admin: 'served' });
    const lines = moving(planned(deployed(old), other, { strategy, limits })).join('\n');
    expect(lines).toContain('switch to new in green (all visitors at once: the routes have changed');
    expect(lines).not.toContain('split');
  });

  test('visitors are split although the published port changes; the edge is replaced right before the switch', () => {
    const other = makeRelease('new', SHOP, { port: 9090 });
    const lines = moving(planned(deployed(old), other, { strategy }));
    expect(lines[0]).toContain('split 0.05');
    expect(lines.at(-3)).toContain('replace edge');
  });

  test('visitors are split between a service and its renamed successor on the same port', () => {
    const made = makeRelease('new', { app: 'served', api: 'internal', jobs: 'worker' });
    const renamed = { ...made, routes: old.routes.map((route) => ({ ...route, service: 'app' })) };
    const lines = moving(planned(deployed(old), renamed, { strategy }));
    expect(lines[0]).toContain('split 0.05');
    expect(lines.join('\n')).not.toContain('replace edge');
  });

  test('visitors are not split by an edge of another version of Sealift, which may read other files', () => {
    const edge = { state: 'running', containerId: '', fingerprint: '2-former' } as const;
    const plan = planHost(
      deployed(old).see({ edge }),
      desiredState(next, { strategy, edgeFingerprint: '3-wanted' }),
    );
    expect(written({ switch: plan.switch ?? [] })).toEqual([
      'switch: replace edge for new (another version of Sealift created it) ↶ replace edge for old (to restore the previous edge)',
      'switch: switch to new in green (all visitors at once: the edge is replaced, since another version of Sealift created it) ↶ switch to old in blue ↶ drain new in green',
    ]);
  });

  test('after a killed canary, the accepted release gets all visitors before anything else is done', () => {
    const host = deployed(old).deploy(next, { strategy, killedBefore: 'switch-traffic' });
    const shared = { slot: 'blue', release: releaseId('old'), splitWith: releaseId('new') } as const;
    const lines = written(planHost(host.see({ traffic: shared }), desiredState(next, { strategy })));
    expect(lines.filter((line) => line.startsWith('recover'))).toEqual([
      'recover: switch to old in blue',
      'recover: drain new in green',
    ]);
    const back = written(planHost(host.see({ traffic: shared }), desiredState(old)));
    expect(back.filter((line) => line.startsWith('recover'))).toEqual([
      'recover: switch to old in blue',
      'recover: drain new in green',
      'recover: stop web,api,jobs of new',
    ]);
  });
});

describe('bake', () => {
  test('the new release is watched while the old one still runs', () => {
    const lines = planned(deployed(old), next, { bake: 30, limits });
    const at = lines.indexOf('bake: bake web,api of new for 30 against old within limits');
    expect(at).toBeGreaterThan(lines.findIndex((line) => line.startsWith('switch: switch to new')));
    expect(at).toBeLessThan(lines.findIndex((line) => line.includes('stop web,api,jobs of old')));
  });

  test('a repair of the accepted release has no bake', () => {
    const host = deployed(old);
    host.world.accessories.add('db');
    expect(planned(host, old, { bake: 30 })).toEqual([]);
    expect(
      written(planHost(host.see({ edge: { state: 'absent' } }), desiredState(old, { bake: 30 }))).join(),
    ).not.toMatch('bake');
  });

  test('a release that answers no requests has no bake', () => {
    const jobs = makeRelease('new', { jobs: 'worker' });
    expect(planned(new Host(), jobs, { bake: 30 }).join()).not.toMatch('bake:');
  });
});
