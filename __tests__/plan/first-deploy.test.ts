import { expect, test } from '@jest/globals';
import { planFirstDeployBack } from '../../src/plan/first-deploy.ts';
import { hostName } from '../support/identifiers.ts';
import { deployed, Host, SHOP } from './hosts.ts';
import { makeRelease } from './world.ts';
import { written } from './written.ts';

const first = makeRelease('first', SHOP);
const next = makeRelease('next', SHOP);

const back = (...hosts: readonly Host[]): readonly (readonly string[])[] | undefined => {
  const plan = planFirstDeployBack(
    hosts.map((host, index) => host.see({ host: hostName(`ssh://${index}`) })),
  );
  return plan && [...plan.hosts.values()].map(written);
};

test('a first deploy that was killed before its switch is stopped, and its edge goes', () => {
  expect(back(new Host().deploy(first, { killedBefore: 'switch-traffic' }))).toEqual([
    [
      'recover: stop web,api,jobs of first',
      'recover: remove-edge',
      'recover: rolled-back first after nothing',
    ],
  ]);
});

test('a first deploy that was killed after its switch loses its requests before it stops', () => {
  const [steps = []] = back(new Host().deploy(first, { killedBefore: 'accept-release' })) ?? [];
  expect(steps.slice(0, 3)).toEqual([
    expect.stringMatching(/^recover: clear (blue|green)$/),
    expect.stringMatching(/^recover: drain first in (blue|green)$/),
    'recover: stop web,api,jobs of first',
  ]);
});

test('on a fleet each host gives up what it has', () => {
  const plans = back(new Host().deploy(first, { killedBefore: 'start-services' }), new Host());
  expect(plans?.map((steps) => steps.length > 0)).toEqual([true, false]);
});

test('nothing is taken back where a release was accepted before, or nothing was begun', () => {
  expect(back(deployed(first).deploy(next, { killedBefore: 'switch-traffic' }))).toBeUndefined();
  expect(back(deployed(first), new Host().deploy(first, { killedBefore: 'accept-release' }))).toBeUndefined();
  expect(back(new Host())).toBeUndefined();
});

test('nothing is taken back where the records of what runs are lost', () => {
  const host = new Host().deploy(first, { killedBefore: 'accept-release' });
  const seen = host.see();
  const releases = seen.releases.map((each) => ({ ...each, record: undefined }));
  expect(planFirstDeployBack([{ ...seen, releases }])).toBeUndefined();
});
