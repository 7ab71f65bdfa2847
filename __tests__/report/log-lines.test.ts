import { describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import type { ObservedHost } from '../../src/model/host.ts';
import type { HostName } from '../../src/model/identifiers.ts';
import type { PinnedImage } from '../../src/model/image.ts';
import type { Action } from '../../src/plan/actions.ts';
import { planFleet } from '../../src/plan/fleet.ts';
import type { Evidence, StepResult, WaitNote } from '../../src/plan/outcome.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { splitEvidence } from '../../src/report/evidence.ts';
import {
  evidenceLines,
  hostLines,
  planLines,
  stageLine,
  stepLine,
  stepStartLine,
  stepText,
  waitLine,
} from '../../src/report/log-lines.ts';
import { stepReports } from '../../src/report/step-reports.ts';
import { emptyWorld, fingerprintOf, makeRelease, observe, usually } from '../plan/world.ts';
import { hostName, releaseId } from '../support/identifiers.ts';
import { expectGolden, sections } from './golden.ts';

const release = makeRelease('3f2a9c1e', { web: 'served', udp: 'exclusive' });
const desired = { release, ...usually, edgeFingerprint: fingerprintOf(release) };

describe('the log of a plan', () => {
  test('has the services, the waves, and the steps by stage, in the words of the golden file', async () => {
    const exclusiveReason = 'port 53/udp is not HTTP';
    const udp = { ...release.services['udp'], exclusiveReason };
    const withReason = { ...release, services: { ...release.services, udp } } as typeof release;
    const withEdge: ObservedHost = {
      ...observe(emptyWorld(), hostName('ssh://three')),
      edge: { state: 'running', containerId: 'edge', fingerprint: 'other' },
    };
    const hosts = [
      observe(emptyWorld(), hostName('ssh://one')),
      observe(emptyWorld(), hostName('ssh://two')),
      withEdge,
    ];
    const plan = planFleet(hosts, desired, { kind: 'hosts', atMost: 2 });
    await expectGolden('log/plan.txt', sections([['three hosts in waves', planLines(plan, withReason)]]));
  });

  test('names an image that is not built yet without a digest', () => {
    const image = `registry.test/shop@sha256:${'0'.repeat(64)}` as PinnedImage;
    const services = { web: { ...release.services['web'], image } };
    const [, line] = planLines(planFleet([observe(emptyWorld())], desired), {
      ...release,
      services,
    } as typeof release);
    expect(line).toContain('registry.test/shop');
    expect(line).not.toContain('sha256');
  });

  test('without steps has only the release and its services', () => {
    const plan = {
      release: release.id,
      hosts: new Map([[hostName('ssh://one'), {}]]),
      waves: [[hostName('ssh://one')]],
    };
    expect(planLines(plan, release)).toHaveLength(3);
  });
});

const result: StepResult = {
  ...{
    host: hostName('ssh://one'),
    stage: 'check',
    at: 0,
    took: 1234,
    ok: true,
    undo: false,
    note: undefined,
  },
  action: { kind: 'check-health', release: releaseId('new'), services: ['web', 'api'] },
};
const STEPS: Readonly<
  Record<string, readonly [mark: string, changes: Partial<StepResult>, error?: unknown]>
> = {
  succeeded: ['✓', {}],
  'succeeded with a note': ['✓', { note: '2 healthy' }],
  'undid an earlier one': ['↶', { undo: true }],
  failed: ['✗', { ok: false }, new HostError(hostName('ssh://one'), 'web exited')],
  'failed to undo an earlier one': ['✗', { ok: false, undo: true }, new Error('gone')],
  'failed with an error of several lines': ['✗', { ok: false }, new Error('one\n::error::two')],
  'was aborted because another host failed': [
    '–',
    { ok: false, aborted: true },
    new Error('ssh://two failed'),
  ],
};
const lineOf = ([, changes, error]: (typeof STEPS)[string]): string =>
  stepLine({ ...result, ...changes }, error);

describe('the log line of a step', () => {
  test.each(Object.entries(STEPS))('that %s is one line with the right mark', (_, each) => {
    const line = lineOf(each);
    expect(line).toMatch(new RegExp(`^${each[0]} ssh://one  .*  1\\.2s`));
    expect(line).not.toContain('\n');
  });

  test('has the words of the golden file', async () => {
    const texts = Object.entries(STEPS).map(([title, each]) => [title, [lineOf(each)]] as const);
    await expectGolden('log/steps.txt', sections(texts));
  });

  test('pads the host, so that the hosts of a plan are a column', () => {
    const hosts = [hostName('ssh://a'), hostName('ssh://long')];
    const [one, two] = hosts.map((host) => stepLine({ ...result, host }, undefined, hosts));
    expect(one?.indexOf('check')).toBe(two?.indexOf('check'));
  });

  test('is written at the start only of a step that takes long', () => {
    const watch: Action = {
      ...{
        kind: 'watch-release',
        purpose: 'bake',
        release: releaseId('new'),
        slot: 'blue',
        services: ['web'],
      },
      ...{ duration: 60_000, baseline: undefined, limits: undefined },
    };
    expect(stepStartLine(hostName('a'), watch)).toMatch(/^… a {2}\S/);
    expect(stepStartLine(hostName('a'), { ...watch, duration: 5_000 })).toBeUndefined();
    expect(
      stepStartLine(hostName('a'), { kind: 'record-release', release: releaseId('new') }),
    ).toBeUndefined();
  });
});

describe('the log line of a wait', () => {
  const checks: Action = { kind: 'check-health', release: releaseId('new'), services: ['web'] };
  const what = stepText(hostName('ssh://one'), checks);

  test('says what waits, for how long, how long it may, and what was seen last, in one line', async () => {
    const notes: Readonly<Record<string, WaitNote>> = {
      'with a limit': { elapsed: 20_004, limit: 60_000, seen: 'web: running, HEALTHCHECK starting' },
      'without a limit': { elapsed: 130_000, limit: undefined, seen: '3 of 8 layers, 41.2 MB of 120 MB' },
      'without an observation': { elapsed: 10_000, limit: undefined, seen: undefined },
      'with an observation of several lines': { elapsed: 10_000, limit: 60_000, seen: 'one\n::error::two' },
    };
    const texts = Object.entries(notes).map(([title, note]) => [title, [waitLine(what, note)]] as const);
    expect(texts.flatMap(([, lines]) => lines).filter((line) => line.includes('\n'))).toEqual([]);
    await expectGolden('log/waits.txt', sections(texts));
  });
});

describe('the heading of a stage', () => {
  const [A, B, C] = [hostName('a'), hostName('b'), hostName('c')];
  const plan = (hosts: readonly HostName[], ...waves: readonly (readonly HostName[])[]): Plan => ({
    release: releaseId('new'),
    hosts: new Map(hosts.map((host) => [host, {}])),
    waves,
  });
  const fleet = plan([A, B, C], [A], [B, C]);

  test.each<[string, Parameters<typeof stageLine>, string]>([
    ['no host if it is for all of them', ['pull', [A, B, C], fleet], 'Pull:'],
    ['the wave and its hosts', ['switch', [B], fleet], 'Switch (wave 2 of 2: b and c):'],
    ['the hosts if these are not all', ['start', [B], plan([A, B], [A, B])], 'Start (b):'],
    ['the time after a while', ['bake', [A], fleet, 95_400], 'Bake (wave 1 of 2: a):  after 1m35s'],
    ['the hosts that roll back', ['roll-back', [A, B], fleet], 'Roll back (a and b):'],
    ['a stage of two words', ['final-check', [A, B, C], fleet], 'Final check:'],
  ])('names %s', (_, args, line) => {
    expect(stageLine(...args)).toBe(line);
  });
});

describe('the log of the hosts after a failed run', () => {
  const old = { was: releaseId('old'), kept: [] };
  const rolledBack = { host: hostName('ssh://a'), ...old, is: releaseId('old'), why: 'rolled back' };
  const lost = {
    host: hostName('ssh://long'),
    ...old,
    is: undefined,
    unknown: true,
    why: 'it is\nlost',
  } as const;

  test('has one line per host: what it served, what it serves, and why', () => {
    expect(hostLines([rolledBack, lost])).toEqual([
      'ssh://a     before: old, now: old  rolled back',
      'ssh://long  before: old, now: UNKNOWN  it is lost',
    ]);
  });

  test('is left out for a single host', () => {
    expect(hostLines([rolledBack])).toEqual([]);
  });
});

describe('the evidence of failed containers', () => {
  const evidence: Evidence = {
    ...{ host: hostName('ssh://one'), container: 'shop-web-1', service: 'web', state: 'exited' },
    ...{ exitCode: 137, oomKilled: true, health: 'unhealthy' },
    lastLines: ['one', '\u001b[31mtwo\u001b[0m', 'three\n::add-mask::e'],
  };

  test('is the container, its state and its last lines, marked as output, without control characters', () => {
    const [first, ...lines] = evidenceLines(evidence);
    for (const part of ['ssh://one', 'shop-web-1', 'exit code 137', 'memory', 'unhealthy'])
      expect(first).toContain(part);
    expect(lines).toEqual(['  │ one', '  │ two', '  │ three', '  │ ::add-mask::e']);
  });

  test('says that there was no output, and names only what is known of the state', () => {
    const running = { state: 'running', exitCode: undefined, oomKilled: false, health: undefined };
    const [first, ...lines] = evidenceLines({ ...evidence, ...running, lastLines: [] });
    expect(first).toContain('(running)');
    expect(lines).toEqual(['  │ (no output)']);
  });

  test('shows containers that failed, and collapses those that were stopped with them, sorted by host', () => {
    const each = (host: HostName, container: string, health: string): Evidence => ({
      ...{ host, container, service: 'web', state: 'running', exitCode: undefined, oomKilled: false },
      ...{ health, lastLines: [] },
    });
    const [a2, b1, a1, b2] = [
      each(hostName('a'), 'web-2', 'unhealthy'),
      each(hostName('b'), 'web-1', 'healthy'),
      each(hostName('a'), 'web-1', 'unhealthy'),
      each(hostName('b'), 'web-2', 'starting'),
    ];
    expect(splitEvidence([a2, b2, b1, a1])).toMatchObject({ shown: [a1, a2], others: [b1, b2] });
    expect(splitEvidence([b1])).toMatchObject({ shown: [], others: [b1] });
  });
});

test('the report of a failed step says why it failed', () => {
  const action: Action = { kind: 'record-release', release: releaseId('new') };
  const failed: StepResult = { ...result, host: hostName('a'), stage: 'prepare', action, ok: false };
  const failure = {
    host: hostName('a'),
    stage: 'prepare',
    action,
    error: new HostError(hostName('a'), 'disk full'),
  } as const;
  const reports = stepReports([failed, { ...failed, host: hostName('b') }], [failure]);
  expect(reports.map(({ note }) => note)).toEqual(['disk full', undefined]);
});
