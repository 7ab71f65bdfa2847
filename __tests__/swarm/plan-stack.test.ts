import { describe, expect, test } from '@jest/globals';
import type { ClusterObservation, Workload } from '../../src/cluster/cluster.ts';
import { changeText } from '../../src/cluster/plan.ts';
import { clusterRecords, documentText } from '../../src/cluster/records.ts';
import { LABEL } from '../../src/model/app-environment.ts';
import type { StackRelease } from '../../src/release/stack/make-stack-release.ts';
import type { StackFile } from '../../src/release/stack/stack-file.ts';
import { planStack } from '../../src/swarm/plan-stack.ts';
import { clusterRelease, entry } from '../cluster/support.ts';
import { releaseId } from '../support/identifiers.ts';

type Services = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const release = (id: string, services: Services, secrets: StackFile['secrets'] = {}): StackRelease => ({
  ...clusterRelease(id),
  definition: {
    ...{ networks: {}, volumes: {}, secrets, configs: {} },
    services: Object.fromEntries(
      Object.entries(services).map(([name, service]) => [
        name,
        { ...service, deploy: { labels: { [LABEL.release]: id } } },
      ]),
    ),
  },
});
const workload = (name: string, of: string | undefined, given: Partial<Workload> = {}): Workload => ({
  ...{ name, kind: 'replicated', release: of === undefined ? undefined : releaseId(of) },
  ...{ wanted: 1, ready: 1, problem: undefined },
  ...given,
});
const found = (live: StackRelease | undefined, ...workloads: Workload[]): ClusterObservation<StackFile> => ({
  records: clusterRecords(
    live === undefined ? [] : [documentText({ sequence: 1, release: live, history: [entry(live.id)] })],
  ),
  workloads,
  missing: [],
});
const plan = (wanted: StackRelease, observed: ClusterObservation<StackFile>): readonly string[] =>
  planStack(wanted, observed).changes.map(changeText);

const OLD = release('old', { web: { image: 'a' }, db: { image: 'p' } }, { key: { name: 'key_1' } });

test('a first deploy creates everything', () => {
  expect(plan(OLD, found(undefined))).toEqual([
    'create service web: a',
    'create service db: p',
    'create secret key',
  ]);
});

test('what is changed, what stays and what goes are told apart', () => {
  const next = release('new', { web: { image: 'b' }, db: { image: 'p' } }, { key: { name: 'key_2' } });
  const observed = found(OLD, workload('web', 'old'), workload('db', 'old'), workload('cron', 'old'));
  expect(plan(next, observed)).toEqual([
    'update service web: image: a → b',
    'leave running service db',
    'update secret key: its content',
    'remove service cron',
  ]);
});

test('a release that is live and whole needs nothing; one that is not is repaired', () => {
  expect(plan(OLD, found(OLD, workload('web', 'old'), workload('db', 'old')))).toEqual([]);
  const problem = '0 of 1 run';
  expect(plan(OLD, found(OLD, workload('web', 'old', { problem }), workload('db', 'old')))).toEqual([
    'repair service web: 0 of 1 run',
  ]);
  expect(plan(OLD, found(OLD, workload('web', 'old')))).toEqual(['create service db: p']);
});

describe('refused before anything is changed', () => {
  test('a stack that Sealift did not make', () => {
    expect(() => plan(OLD, found(undefined, workload('web', undefined)))).toThrow(
      'app: the swarm has a stack shop-production already, with services that Sealift did not make for it (web).',
    );
  });

  test('another mode of a service', () => {
    expect(() => plan(OLD, found(OLD, workload('web', 'old', { kind: 'global' })))).toThrow(
      "compose-file: service web is global in the swarm, and a swarm can't make it replicated.",
    );
  });
});

test('a release that runs as a whole, and that no run has accepted, is not live: a killed run has left it', () => {
  const next = release('new', { web: { image: 'b' } });
  const observed = found(OLD, workload('web', 'new'));
  const tried = { sequence: 2, release: next, history: [entry('old'), entry('new', 'rolled-back', 'old')] };
  const records = clusterRecords<StackFile>(
    [{ sequence: 1, release: OLD, history: [entry('old')] }, tried].map(documentText),
  );
  expect(plan(next, { ...observed, records })).toEqual([
    'leave running release new: no run has accepted it yet',
  ]);
});
