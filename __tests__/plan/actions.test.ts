import { describe, expect, test } from '@jest/globals';
import { type Action, actionText, isLongAction, usesCompose } from '../../src/plan/actions.ts';
import { releaseId } from '../support/identifiers.ts';

const of = { release: releaseId('new') } as const;
const inGreen = { ...of, slot: 'green' } as const;
const watch = {
  kind: 'watch-release',
  ...inGreen,
  services: ['a'],
  baseline: undefined,
  limits: undefined,
} as const;

describe('the text of an action says what is done and to what', () => {
  test.each<[string, Action]>([
    ['pull the images of new', { kind: 'pull-images', ...of }],
    [
      'create the edge (first deploy)',
      { kind: 'ensure-edge', ...of, change: 'create', reason: 'first deploy' },
    ],
    [
      'replace the edge (other ports)',
      { kind: 'ensure-edge', ...of, change: 'replace', reason: 'other ports' },
    ],
    ['remove the edge', { kind: 'remove-edge' }],
    [
      'find out whether ports 80 and 53/udp are free',
      {
        ...{ kind: 'try-ports', ...of },
        ports: [
          { address: undefined, port: 80, protocol: 'tcp' },
          { address: undefined, port: 53, protocol: 'udp' },
        ],
      },
    ],
    ['start the front for domains', { kind: 'ensure-front', ...of }],
    ['remove the front if no domain uses it', { kind: 'remove-unused-front' }],
    ['route the domains of new', { kind: 'route-domains', ...of }],
    ['stop routing the domains', { kind: 'route-domains', release: undefined }],
    ['create networks and volumes', { kind: 'ensure-accessories', ...of, services: [] }],
    ['start the accessories db and cache', { kind: 'ensure-accessories', ...of, services: ['db', 'cache'] }],
    ['recreate the accessory db', { kind: 'ensure-accessories', ...of, services: ['db'], recreate: ['db'] }],
    ['record new', { kind: 'record-release', ...of }],
    [
      'start a, b and c of new in green',
      { kind: 'start-services', ...inGreen, services: ['a', 'b', 'c'], how: 'create' },
    ],
    [
      'start a of new in green (existing containers)',
      { kind: 'start-services', ...inGreen, services: ['a'], how: 'start' },
    ],
    ['check a of new', { kind: 'check-health', ...of, services: ['a'] }],
    ['check a 1–2 of new', { kind: 'check-health', ...of, services: ['a'], only: { a: 2 } }],
    [
      'stop a 3 and b 1 of new',
      { kind: 'stop-services', ...of, services: ['a', 'b'], only: { a: 3, b: 1 }, after: { a: 2 } },
    ],
    ['stop a from 2 of new', { kind: 'stop-services', ...of, services: ['a'], after: { a: 1 } }],
    ['switch traffic to new', { kind: 'switch-traffic', ...inGreen }],
    [
      'send 5% of the visitors to new',
      {
        kind: 'split-traffic',
        ...inGreen,
        share: 0.05,
        baseline: { release: releaseId('old'), slot: 'blue' },
      },
    ],
    [
      'send 50% of the traffic to web 1–2 of new',
      {
        kind: 'balance-replicas',
        ...{ release: releaseId('old'), slot: 'blue', removedReplicas: {}, share: 0.5 },
        newRelease: { ...inGreen, only: { web: 2 } },
      },
    ],
    [
      'send traffic to the remaining replicas of old',
      {
        kind: 'balance-replicas',
        release: releaseId('old'),
        slot: 'blue',
        removedReplicas: { web: 1 },
        share: 0,
        newRelease: undefined,
      },
    ],
    ['judge new for 2m', { ...watch, purpose: 'canary', duration: 120_000 }],
    ['wait 5s before the next batch of new', { ...watch, purpose: 'delay', duration: 5_000 }],
    ['final check of new', { kind: 'final-check', ...of, services: ['a'], drain: undefined }],
    [
      'final check of new while old drains',
      { kind: 'final-check', ...of, services: ['a'], drain: { release: releaseId('old'), slot: 'blue' } },
    ],
    [
      'run bin/migrate up in web of new',
      { kind: 'run-hook', ...inGreen, when: 'before', service: 'web', argv: ['bin/migrate', 'up'] },
    ],
    ['clear the green slot', { kind: 'clear-slot', slot: 'green' }],
    ['drain new', { kind: 'drain-traffic', ...inGreen }],
    ['drain a 2 of new', { kind: 'drain-traffic', ...inGreen, only: { a: 2 }, after: { a: 1 } }],
    ['accept new', { kind: 'accept-release', ...of, previous: releaseId('old'), command: 'deploy' }],
    ['record that new was rolled back', { kind: 'record-rollback', ...of, previous: releaseId('old') }],
    ['prune r1 and r2', { kind: 'prune-releases', releases: [releaseId('r1'), releaseId('r2')] }],
  ])('%s', (text, action) => {
    expect(actionText(action)).toBe(text);
  });
});

test('the log says when a hook or a watch of ten seconds starts, and nothing when a short action does', () => {
  expect(isLongAction({ kind: 'run-hook', ...inGreen, when: 'after', service: 'web', argv: ['true'] })).toBe(
    true,
  );
  expect(isLongAction({ ...watch, purpose: 'bake', duration: 10_000 })).toBe(true);
  expect(isLongAction({ ...watch, purpose: 'bake', duration: 9_999 })).toBe(false);
  expect(isLongAction({ kind: 'pull-images', ...of })).toBe(false);
});

test.each<[boolean, Action]>([
  [true, { kind: 'start-services', ...inGreen, services: ['a'], how: 'create' }],
  [false, { kind: 'start-services', ...inGreen, services: ['a'], how: 'start' }],
  [true, { kind: 'ensure-accessories', ...of, services: ['db'] }],
  [false, { kind: 'ensure-accessories', ...of, services: [] }],
  [true, { kind: 'run-hook', ...inGreen, when: 'before', service: 'a', argv: ['b'] }],
  [false, { kind: 'pull-images', ...of }],
  [false, { kind: 'switch-traffic', ...inGreen }],
])('whether the runner needs Compose is %s for %j', (expected, action) => {
  expect(usesCompose(action)).toBe(expected);
});
