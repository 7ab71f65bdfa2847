/** That every kind of action is in a course, by the planner itself; the runs of the courses say the same of real plans. */
import { describe, expect, test } from '@jest/globals';
import type { ObservedHost } from '../../../src/model/host.ts';
import type { Release } from '../../../src/model/release.ts';
import type { Action } from '../../../src/plan/actions.ts';
import type { DesiredState } from '../../../src/plan/desired-state.ts';
import { planFleet } from '../../../src/plan/fleet.ts';
import { planHost } from '../../../src/plan/host.ts';
import { STAGES, type Step } from '../../../src/plan/plan.ts';
import { deployed, desiredState, Host } from '../../plan/hosts.ts';
import { makeRelease } from '../../plan/world.ts';
import { hostName } from '../identifiers.ts';
import { find, read } from '../repository.ts';
import { UPDATE } from '../usual.ts';
import { COURSE_NAMES, type CourseName, kindsOf } from './kinds.ts';

/** As the plain shape is. */
const plain = (id: string): Release =>
  makeRelease(
    id,
    { web: 'served', jobs: 'worker' },
    { base: { services: { cache: {} } }, details: { web: { replicas: 2, update: UPDATE } } },
  );
const RELEASES = ['one', 'two', 'three', 'four'].map(plain);
const [, , previous = plain('three'), next = plain('four')] = RELEASES;
/** Three versions are there. */
const live = (): ObservedHost => deployed(...RELEASES.slice(0, -1)).see();

const closed = makeRelease('closed', { jobs: 'worker' });
const withDomain = makeRelease('open', { web: 'served', jobs: 'worker' });
const open: Release = {
  ...withDomain,
  routes: withDomain.routes.map((route) => ({ ...route, domains: ['shop.example.com'] })),
};

/** As the complete shape is, which each version gives another proxy. */
const complete = (id: string): Release => {
  const services = { proxy: { networks: { default: null, 'sealift-upstream': {} } } };
  const made = makeRelease(id, { web: 'served' }, { base: { services } });
  const upstream = { network: 'upstream', port: 80, names: ['web'] };
  const domains = ['shop.example.com'];
  return {
    ...made,
    routes: made.routes.map((route) => ({ ...route, upstream, domains })),
    definitions: { proxy: id },
  };
};
const withProxy = (host: ObservedHost): ObservedHost => ({
  ...host,
  frontRunning: true,
  accessories: host.accessories.map((each) => ({
    ...{ ...each, definitionFingerprint: 'old' },
    networks: ['shop-test-upstream'],
  })),
});

const formerly = (): ObservedHost =>
  new Host().see({
    composeProjects: [
      {
        ...{ name: 'shop', folder: '/srv/shop', volumes: { data: 'shop_data' } },
        containers: [
          { name: 'shop-web-1', service: 'web', running: true, ports: [8080], volumes: [] },
          { name: 'shop-cache-1', service: 'cache', running: true, ports: [], volumes: ['shop_data'] },
        ],
      },
    ],
  });
const ADOPTS = { adopts: new Map([[formerly().host, 'shop']]) };

const stepsTo = (
  release: Release,
  host: ObservedHost,
  changes: Partial<DesiredState> = {},
): readonly Step[] => {
  const plan = planHost(host, desiredState(release, { keep: 2, ...changes }));
  return STAGES.flatMap((stage) => plan[stage] ?? []);
};
const done = (...steps: readonly Step[]): readonly Action[] => steps.map(({ action }) => action);
const undone = (...steps: readonly Step[]): readonly Action[] => steps.flatMap(({ undo }) => undo);

const CANARY = {
  strategy: {
    name: 'canary',
    steps: [
      { share: 0.3, duration: 1000 },
      { share: 1, duration: 0 },
    ],
  },
} as const;
const COMMAND = { service: 'web', argv: ['true'] };

/** What the runs of a course do, by their plans. */
const ACTIONS: Readonly<Record<CourseName, () => readonly Action[]>> = {
  'blue-green': () => done(...stepsTo(next, live(), { bake: 1000 })),
  rolling: () => done(...stepsTo(next, live(), { strategy: { name: 'rolling' } })),
  canary: () => done(...stepsTo(next, live(), CANARY)),
  recreate: () => done(...stepsTo(next, live(), { strategy: { name: 'recreate' } })),
  rollback: () => {
    const host = deployed(...RELEASES).see();
    return done(...stepsTo(previous, host, { command: 'rollback', keep: 9 }));
  },
  first: () => done(...stepsTo(next, new Host().see())),
  fleet: () => done(...stepsTo(next, live(), { bake: 1000 })),
  parted: () => {
    const [one, other] = [
      deployed(...RELEASES.slice(0, -1)).deploy(next, { killedAfter: 'accept-release' }),
      deployed(...RELEASES.slice(0, -1)).deploy(next, { killedBefore: 'start-services' }),
    ];
    const hosts = [one.see({ host: hostName('ssh://a') }), other.see({ host: hostName('ssh://b') })];
    const plans = [...planFleet(hosts, desiredState(plain('five'))).hosts.values()];
    return done(...plans.flatMap(({ recover = [] }) => recover));
  },
  ssh: () =>
    done(
      ...stepsTo(complete('new'), withProxy(deployed(complete('old')).see()), {
        updateAccessories: true,
        hooks: { before: [COMMAND], after: [COMMAND] },
      }),
    ),
  opening: () =>
    done(...stepsTo(open, deployed(closed).see()), ...stepsTo(closed, deployed(closed, open).see())),
  failing: () => undone(...stepsTo(next, live())),
  adopting: () => done(...stepsTo(next, formerly(), ADOPTS)),
  'giving-back': () => undone(...stepsTo(next, formerly(), ADOPTS)),
};

describe.each(COURSE_NAMES)('the course %s', (name) => {
  test('has the kinds of actions that it is for', () => {
    const kinds = new Set<string>(ACTIONS[name]().map(({ kind }) => kind));
    expect(kindsOf(name).filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  test('is run by a test', () => {
    const tests = find('__tests__/e2e/all/deaths-*.test.ts').map(read);
    expect(tests.filter((text) => text.includes(`'${name}');`))).toHaveLength(1);
  });
});
