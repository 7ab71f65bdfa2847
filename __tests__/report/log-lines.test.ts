import { describe, expect, test } from '@jest/globals';
import { HostError, SealiftError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import type { Evidence, StepResult } from '../../src/plan/outcome.ts';
import type { Action, Plan } from '../../src/plan/steps.ts';
import { actionText, formatMinute, joinWithAnd } from '../../src/report/action-text.ts';
import { splitEvidence } from '../../src/report/evidence.ts';
import { stepReports } from '../../src/report/hosts.ts';
import {
  evidenceLines,
  failureText,
  hostLines,
  planLines,
  stageLine,
  stepLine,
  stepStartLine,
} from '../../src/report/log-lines.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually } from '../plan/world.ts';

const release = makeRelease('3f2a9c1e', { web: 'served', udp: 'exclusive' });
const wanted = {
  release,
  ...usually,
  edgeFingerprint: fingerprintOf(release),
};

test('a plan is told by service, stage and host', () => {
  const because = {
    ...release,
    services: {
      ...release.services,
      udp: { ...release.services['udp'], because: 'port 53/udp can’t stand twice' },
    },
  };
  const servedBefore: ObservedHost = {
    ...observe(emptyWorld(), 'ssh://three'),
    edge: { state: 'running', containerId: 'edge', fingerprint: 'other' },
  };
  const plan = planFleet(
    [observe(emptyWorld(), 'ssh://one'), observe(emptyWorld(), 'ssh://two'), servedBefore],
    wanted,
    { kind: 'hosts', atMost: 2 },
  );
  const lines = planLines(plan, because as typeof release);
  expect(lines.slice(0, 12)).toEqual([
    'Release 3f2a9c1e of shop for test',
    `  web: served, shop@sha256:${'3f2a9c1e'.padEnd(64, '0')}`,
    `  udp: exclusive (port 53/udp can’t stand twice), shop@sha256:${'3f2a9c1e'.padEnd(64, '0')}`,
    'Waves:',
    '  1. ssh://one',
    '  2. ssh://two and ssh://three',
    'Pull:',
    '  all 3 hosts  pull the images of 3f2a9c1e',
    'Prepare:',
    '  ssh://one and ssh://two  make the edge (first deploy)',
    '  ssh://one and ssh://two  make networks and volumes',
    '  ssh://one and ssh://two  record 3f2a9c1e',
  ]);
  expect(lines[12]).toMatch(/^ {2}ssh:\/\/three {2}/);
});

test('an image that is not built yet has no digest in a plan', () => {
  const [service] = Object.values(release.services);
  const image = `registry.test/shop@sha256:${'0'.repeat(64)}` as PinnedImage;
  const unbuilt = { ...release, services: { web: { ...service, image } } } as typeof release;
  const plan = planFleet([observe(emptyWorld())], wanted);
  expect(planLines(plan, unbuilt)[1]).toBe('  web: served, registry.test/shop (not built yet)');
});

test('a plan of nothing has no steps', () => {
  expect(
    planLines({ release: release.id, hosts: new Map([['ssh://one', {}]]), waves: [['ssh://one']] }, release),
  ).toHaveLength(3);
});

describe('a step', () => {
  const result: StepResult = {
    host: 'ssh://one',
    stage: 'check',
    action: { kind: 'check-health', release: 'new', services: ['web', 'api'] },
    at: 0,
    took: 1234,
    ok: true,
    undo: false,
    note: undefined,
  };

  test.each<[string, Partial<StepResult>, unknown, string]>([
    ['that went well', {}, undefined, '✓ ssh://one  check web and api of new  1.2s'],
    [
      'that found something',
      { note: '2 healthy' },
      undefined,
      '✓ ssh://one  check web and api of new  1.2s  2 healthy',
    ],
    ['that took one back', { undo: true }, undefined, '↶ ssh://one  check web and api of new  1.2s'],
    [
      'that failed',
      { ok: false },
      new HostError('ssh://one', 'web exited'),
      '✗ ssh://one  check web and api of new  1.2s  web exited',
    ],
    [
      'that failed to take one back',
      { ok: false, undo: true },
      new Error('gone'),
      '✗ ssh://one  check web and api of new  1.2s  gone',
    ],
    [
      'whose error has several lines',
      { ok: false },
      new Error('one\n::error::two'),
      '✗ ssh://one  check web and api of new  1.2s  one ::error::two',
    ],
    [
      'that was ended because another host failed',
      { ok: false, aborted: true },
      new Error('ssh://two failed'),
      '– ssh://one  check web and api of new  1.2s  ssh://two failed',
    ],
  ])('%s', (_, changes, error, line) => {
    expect(stepLine({ ...result, ...changes }, error)).toBe(line);
  });
});

describe('what is told beside steps', () => {
  const plan = (hosts: readonly string[], ...waves: readonly (readonly string[])[]): Plan => ({
    release: 'new',
    hosts: new Map(hosts.map((host) => [host, {}])),
    waves,
  });
  const fleet = plan(['a', 'b', 'c'], ['a'], ['b', 'c']);

  test.each<[string, Parameters<typeof stageLine>, string]>([
    ['all hosts together', ['pull', ['a', 'b', 'c'], fleet], 'Pull:'],
    ['hosts that move as a wave', ['switch', ['b'], fleet], 'Switch (wave 2 of 2: b and c):'],
    ['hosts that are alone in it', ['start', ['b'], plan(['a', 'b'], ['a', 'b'])], 'Start (b):'],
    [
      'a plan that has run for a while',
      ['bake', ['a'], fleet, 95_400],
      'Bake (wave 1 of 2: a):  after 1m35s',
    ],
    ['hosts that take back', ['roll-back', ['a', 'b'], fleet], 'Take back (a and b):'],
  ])('a stage of %s', (_, args, line) => {
    expect(stageLine(...args)).toBe(line);
  });

  test('hosts are a column', () => {
    const result: StepResult = {
      host: 'ssh://a',
      stage: 'accept',
      action: { kind: 'record-release', release: 'new' },
      at: 0,
      took: 5,
      ok: true,
      undo: false,
      note: undefined,
    };
    expect(stepLine(result, undefined, ['ssh://a', 'ssh://long'])).toBe('✓ ssh://a     record new  5ms');
  });

  test('only what lasts is told as it begins', () => {
    const watch: Action = {
      kind: 'watch-release',
      purpose: 'bake',
      release: 'new',
      slot: 'blue',
      services: ['web'],
      duration: 60_000,
      baseline: undefined,
      limits: undefined,
    };
    expect(stepStartLine('a', watch)).toBe('… a  watch new for 1m');
    expect(stepStartLine('a', { ...watch, duration: 5_000 })).toBeUndefined();
    expect(stepStartLine('a', { kind: 'record-release', release: 'new' })).toBeUndefined();
  });
});

describe('hosts after a failure', () => {
  const kept = { kept: [] };
  const moved = { host: 'ssh://a', was: 'old', is: 'old', why: 'moved back with ssh://long', ...kept };

  test('are told what they serve and why, in columns', () => {
    const lost = {
      host: 'ssh://long',
      was: 'old',
      is: undefined,
      unknown: true,
      why: 'it is\nlost',
      ...kept,
    };
    expect(hostLines([moved, { ...lost, unknown: true as const }])).toEqual([
      'ssh://a     before: old, now: old  moved back with ssh://long',
      'ssh://long  before: old, now: NOT KNOWN  it is lost',
    ]);
  });

  test('need no lines where there is only one', () => {
    expect(hostLines([moved])).toEqual([]);
  });
});

test('containers in trouble are told apart from those that went with them, each by host', () => {
  const of = (host: string, container: string, health: string): Evidence => ({
    ...{ host, container, service: 'web', state: 'running', exitCode: undefined, oomKilled: false },
    ...{ health, lastLines: [] },
  });
  const [a2, b1, a1, b2] = [
    of('a', 'web-2', 'unhealthy'),
    of('b', 'web-1', 'healthy'),
    of('a', 'web-1', 'unhealthy'),
    of('b', 'web-2', 'starting'),
  ];
  expect(splitEvidence([a2, b2, b1, a1])).toEqual({
    shown: [a1, a2],
    others: [b1, b2],
    title: 'Logs of the other containers that were stopped (2)',
  });
  expect(splitEvidence([b1]).title).toBe('Logs of the containers that were stopped (1)');
});

test('a step that failed says why among all steps', () => {
  const action: Action = { kind: 'record-release', release: 'new' };
  const step: StepResult = {
    ...{ host: 'a', stage: 'prepare', action, at: 0, took: 1, ok: false, undo: false, note: undefined },
  };
  const failure = { host: 'a', stage: 'prepare', action, error: new HostError('a', 'disk full') } as const;
  expect(stepReports([step, { ...step, host: 'b' }], [failure]).map(({ note }) => note)).toEqual([
    'disk full',
    undefined,
  ]);
});

describe('evidence', () => {
  const evidence: Evidence = {
    host: 'ssh://one',
    container: 'shop-web-1',
    service: 'web',
    state: 'exited',
    exitCode: 137,
    oomKilled: true,
    health: 'unhealthy',
    lastLines: ['one', '\u001b[31mtwo\u001b[0m', 'three\n::add-mask::e'],
  };

  test('names the container, how it ended, its last lines', () => {
    expect(evidenceLines(evidence)).toEqual([
      'ssh://one  shop-web-1 (exited, exit code 137, killed for memory, HEALTHCHECK unhealthy), its last lines:',
      '  │ one',
      '  │ two',
      '  │ three',
      '  │ ::add-mask::e',
    ]);
  });

  test('says so when there are none', () => {
    const quiet = {
      ...evidence,
      exitCode: undefined,
      oomKilled: false,
      health: undefined,
      state: 'running',
      lastLines: [],
    };
    expect(evidenceLines(quiet)).toEqual([
      'ssh://one  shop-web-1 (running), its last lines:',
      '  │ (no output)',
    ]);
  });
});

test('a failure is a headline that ends with the state, and what was seen', () => {
  const error = new SealiftError('It failed', { evidence: ['denied', 'a\nb'] });
  expect(failureText(error, 'Nothing was deployed.')).toEqual({
    cause: 'It failed.',
    headline: 'It failed. Nothing was deployed.',
    details: error.evidence,
    lines: ['  │ denied', '  │ a', '  │ b'],
  });
  expect(failureText(new TypeError('oops'), 'Nothing was deployed.')).toMatchObject({
    details: [],
    lines: [],
  });
});

test('what a program said while it was listened to is not printed a second time', () => {
  const error = new SealiftError('test: it failed.', { evidence: ['3 failed'], alreadyLogged: true });
  expect(failureText(error, '')).toMatchObject({ details: ['3 failed'], lines: [] });
});

describe('words', () => {
  const of = { release: 'new' } as const;
  test.each<[Action, string]>([
    [{ kind: 'pull-images', ...of }, 'pull the images of new'],
    [
      { kind: 'ensure-edge', ...of, change: 'create', reason: 'first deploy' },
      'make the edge (first deploy)',
    ],
    [
      { kind: 'ensure-edge', ...of, change: 'start', reason: 'it was stopped' },
      'start the edge (it was stopped)',
    ],
    [
      { kind: 'ensure-edge', ...of, change: 'replace', reason: 'other ports' },
      'replace the edge (other ports)',
    ],
    [{ kind: 'remove-edge' }, 'remove the edge'],
    [{ kind: 'ensure-front', ...of }, 'make the front for domains'],
    [{ kind: 'remove-unused-front' }, 'remove the front if no domain needs it'],
    [{ kind: 'route-domains', ...of }, 'open the domains of new'],
    [{ kind: 'route-domains', release: undefined }, 'close the domains'],
    [{ kind: 'ensure-accessories', ...of, services: [] }, 'make networks and volumes'],
    [{ kind: 'ensure-accessories', ...of, services: ['db', 'cache'] }, 'bring up db and cache (accessories)'],
    [{ kind: 'record-release', ...of }, 'record new'],
    [
      { kind: 'start-services', ...of, slot: 'green', services: ['a', 'b', 'c'], how: 'create' },
      'start a, b and c of new in green',
    ],
    [
      { kind: 'start-services', ...of, slot: 'blue', services: ['a'], how: 'start' },
      'start a of new in blue (still there)',
    ],
    [{ kind: 'check-health', ...of, services: ['a'] }, 'check a of new'],
    [{ kind: 'switch-traffic', ...of, slot: 'green' }, 'switch traffic to new'],
    [{ kind: 'clear-slot', slot: 'green' }, 'clear the green slot'],
    [{ kind: 'drain-traffic', ...of, slot: 'green' }, 'drain new'],
    [{ kind: 'stop-services', ...of, services: ['a'], evidence: true }, 'stop a of new'],
    [{ kind: 'final-check', ...of, services: ['a'], drain: undefined }, 'take a last look at new'],
    [
      { kind: 'final-check', ...of, services: ['a'], drain: { release: 'old', slot: 'blue' } },
      'take a last look at new, while old drains',
    ],
    [{ kind: 'accept-release', ...of, previous: 'old', command: 'deploy' }, 'accept new'],
    [{ kind: 'record-rollback', ...of, previous: 'old' }, 'note that new was rolled back'],
    [{ kind: 'prune-releases', releases: ['r1', 'r2'] }, 'prune r1 and r2'],
  ])('%j', (action, text) => {
    expect(actionText(action)).toBe(text);
  });

  test('a list', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinWithAnd)).toEqual([
      'nothing',
      'a',
      'a and b',
      'a, b and c',
    ]);
  });

  test('a moment', () => {
    expect(['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z', 'yesterday'].map(formatMinute)).toEqual([
      '2026-01-02 03:04',
      '2026-01-02 03:04',
      'yesterday',
    ]);
  });
});
