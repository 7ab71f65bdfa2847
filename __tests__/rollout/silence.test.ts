import { describe, expect, test } from '@jest/globals';
import { NO_REQUESTS, type ResponseStats } from '../../src/edge/metrics.ts';
import { isHanging, type LimitedSilence, limitSilence, SilenceDetector } from '../../src/rollout/silence.ts';
import {
  bothStandStill,
  type Standstill,
  type VisitorKind,
  watchCanary,
} from './support/simulated-traffic.ts';

const SEEDS = Array.from({ length: 40 }, (_, index) => 500 + index);

/** Somebody who loads pages: a few requests at a time. */
const readers = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 4, requests: 6, answers: [0.02, 0.3], pause: [0.1, 6] },
});
/** Programs that ask again and again, each with one request at a time. */
const programs = (together: number): VisitorKind => ({
  ...{ arrivals: 0, together, cookie: false, answers: [0.05, 0.05], pause: [0.015, 0.045] },
});
const longPolls = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 2, requests: 20, answers: [20, 40], pause: [0, 0.2] },
});
/** Polls that only an event answers, and there is none. */
const idlePolls = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 2, requests: 20, answers: [900, 900], patience: 25, pause: [0, 0.2] },
});
const streams = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 3, requests: 2, answers: [0.02, 0.1], lasts: [20, 300], cut: 0.7 },
});
const downloads = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 5, requests: 1, answers: [0.05, 0.5], lasts: [10, 200], cut: 0.2 },
});
const uploads = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 6, requests: 1, answers: [10, 90], patience: 300 },
});
const reports = (arrivals: number): VisitorKind => ({
  ...{ arrivals, together: 3, requests: 1, answers: [8, 35], pause: [0, 1] },
});

const hangs = (from: number): readonly Standstill[] => [
  { slot: 'green', from, to: Number.POSITIVE_INFINITY },
];

describe('a canary that answers no more is found before its step is over', () => {
  test.each<[string, number, readonly VisitorKind[]]>([
    ['of many readers', 0.1, [readers(4)]],
    ['of many readers, of whom half reach it', 0.5, [readers(2)]],
    ['of programs that ask again and again, until all of them wait for it', 0.25, [programs(12)]],
    ['of programs that ask again and again, with half of their requests', 0.5, [programs(12)]],
    ['with streams, of which most are cut off', 0.1, [readers(3), streams(0.3)]],
    ['with downloads', 0.1, [readers(3), downloads(0.2)]],
    ['with polls that no event answers', 0.1, [readers(4), idlePolls(0.02)]],
    ['with a few uploads', 0.1, [readers(4), uploads(0.01)]],
  ])('%s', (_, share, kinds) => {
    const found = SEEDS.map((seed) => {
      const from = 25 + (seed % 20);
      const breach = watchCanary(kinds, { seed, share, standstills: hangs(from) });
      return breach === undefined
        ? { seed, after: Number.POSITIVE_INFINITY, says: '' }
        : { seed, after: breach.at - from, says: breach.breach };
    });
    expect(found.filter(({ after }) => after < 0 || after > 85)).toEqual([]);
    for (const { says } of found) expect(says).toMatch(/has not answered any of its last \d+ requests for/);
  });
});

describe('a canary that is as good as the old release goes on', () => {
  test.each<[string, number, readonly VisitorKind[]]>([
    ['with many readers', 0.05, [readers(3)]],
    ['with few readers', 0.05, [readers(0.3)]],
    ['with few readers, of whom half reach it', 0.5, [readers(0.1)]],
    ['with programs that ask again and again', 0.25, [programs(12)]],
    ['with long polls', 0.1, [readers(0.5), longPolls(0.1)]],
    ['with nothing but long polls', 0.2, [longPolls(0.5)]],
    ['with polls that no event answers', 0.1, [readers(1), idlePolls(0.1)]],
    ['with few readers and many polls that no event answers', 0.3, [readers(0.6), idlePolls(0.2)]],
    ['with event streams and WebSockets', 0.2, [readers(0.3), streams(0.5)]],
    ['with large downloads', 0.2, [readers(0.3), downloads(0.2)]],
    ['with large uploads', 0.1, [readers(0.3), uploads(0.03)]],
    ['with slow reports', 0.1, [readers(0.3), reports(0.03)]],
  ])('%s', (_, share, kinds) => {
    expect(SEEDS.map((seed) => watchCanary(kinds, { seed, share })).filter(Boolean)).toEqual([]);
  });

  test('while the host or a database stands still, for both releases', () => {
    const kinds = [readers(2), streams(0.1)];
    for (const share of [0.05, 0.5])
      for (const seed of SEEDS)
        expect(watchCanary(kinds, { seed, share, standstills: bothStandStill(40, 85) })).toBeUndefined();
  });

  test('if it needs a few seconds more to go on after a standstill of both', () => {
    const standstills: readonly Standstill[] = [
      { slot: 'blue', from: 40, to: 80 },
      { slot: 'green', from: 40, to: 86 },
    ];
    for (const seed of SEEDS)
      expect(watchCanary([readers(2)], { seed, share: 0.2, standstills })).toBeUndefined();
  });
});

describe('a silence', () => {
  const hanging: LimitedSilence = {
    ...{ unanswered: 5, waited: 30, age: 31, limit: 30 },
    before: { own: 200, other: 3800, time: 40, longestPause: 2 },
    other: { answered: 1000, inFlight: 20 },
  };

  test('of a release that has answered much until the other one went on alone is a hang', () => {
    expect(isHanging(hanging, 100)).toBe(true);
  });

  const { before } = hanging;
  test.each<[string, Partial<LimitedSilence>]>([
    ['requests have not waited for long', { waited: 29 }],
    ['the release would not have answered enough to judge by', { before: { ...before, own: 130 } }],
    ['so much was answered in a moment', { before: { ...before, own: 95, time: 2 } }],
    ['as many wait for the other one', { other: { answered: 100, inFlight: 2000 } }],
    ['the other one is hardly asked', { other: { answered: 1, inFlight: 0 } }],
    [
      'nobody asks the other one, and it was hardly asked before',
      { other: { answered: 0, inFlight: 0 }, before: { ...before, other: 200 } },
    ],
    ['everybody waits, for both', { unanswered: 12, other: { answered: 0, inFlight: 228 } }],
  ])('is none if %s', (_, changes) => {
    expect(isHanging({ ...hanging, ...changes }, 100)).toBe(false);
  });

  test('is a hang if everybody waits for this release only', () => {
    expect(isHanging({ ...hanging, unanswered: 12, other: { answered: 0, inFlight: 0 } }, 100)).toBe(true);
  });
});

describe('what is seen of a release', () => {
  /** A sample for each 2 s: answers and requests in flight of both releases; all of those in flight wait. */
  function silenceAfter(
    ...samples: readonly (readonly [own: number, waiting: number, other: number, inFlight: number])[]
  ) {
    const detector = new SilenceDetector('green', 'blue');
    for (const [index, [own, waiting, other, inFlight]] of samples.entries()) {
      const stats = { blue: { ...NO_REQUESTS, count: other }, green: { ...NO_REQUESTS, count: own } };
      const both = { blue: inFlight, green: waiting };
      detector.add({ startTicks: 1, stats, inFlight: both, unanswered: both }, index * 2);
    }
    return detector.silence;
  }

  test('is a silence from its last answer on, with what was there before', () => {
    expect(
      silenceAfter(
        [0, 0, 0, 0],
        [10, 1, 90, 5],
        [10, 1, 95, 5],
        [20, 4, 180, 5],
        [20, 6, 270, 5],
        [20, 7, 300, 4],
      ),
    ).toEqual({
      ...{ unanswered: 6, waited: 4, age: 4, other: { answered: 120, inFlight: 4 } },
      before: { own: 20, other: 180, time: 4, longestPause: 4 },
    });
  });

  test('is none with few requests, or right after an answer', () => {
    expect(silenceAfter([0, 0, 0, 0], [10, 0, 90, 0], [10, 2, 180, 0], [10, 2, 270, 0])).toBeUndefined();
    expect(silenceAfter([0, 0, 0, 0], [10, 5, 90, 0], [10, 5, 180, 0], [11, 9, 270, 0])).toBeUndefined();
  });

  test('does not count the time in which the other release stands still too', () => {
    expect(
      silenceAfter([0, 0, 0, 0], [10, 5, 90, 9], [10, 5, 90, 40], [10, 5, 90, 60], [10, 5, 91, 60]),
    ).toMatchObject({
      ...{ waited: 2, age: 6 },
    });
  });

  test('counts the time in which nobody asks the other release', () => {
    expect(silenceAfter([0, 0, 0, 0], [10, 5, 90, 9], [10, 5, 90, 0], [10, 5, 90, 0])).toMatchObject({
      waited: 4,
    });
  });
});

describe('how long requests must wait', () => {
  const silence = { unanswered: 5, waited: 0, age: 0, other: { answered: 0, inFlight: 0 } };
  const silenceLimit = (watch: number, responses: readonly ResponseStats[], longestPause = 0): number =>
    limitSilence({ ...silence, before: { own: 9, other: 9, time: 9, longestPause } }, watch, responses).limit;

  test.each([
    [2, 5],
    [60, 15],
    [3600, 30],
  ])('is a quarter of a watch of %d s, within bounds: %d s', (watch, limit) => {
    expect(silenceLimit(watch, [NO_REQUESTS])).toBe(limit);
  });

  const slow = (count: number, seconds: number) => ({
    ...{ count: 1000, errors: 0, timed: 1000, seconds: count * seconds },
    histogram: [
      [0.1, 1000 - count],
      [10, 0],
      [Number.POSITIVE_INFINITY, count],
    ] as const,
  });

  test('is three times as long as almost all requests of either release take', () => {
    expect(silenceLimit(60, [NO_REQUESTS, slow(200, 30)])).toBeCloseTo(90);
    expect(silenceLimit(60, [slow(200, 30), NO_REQUESTS])).toBeCloseTo(90);
    expect(silenceLimit(60, [slow(5, 300)])).toBe(15);
  });

  test('is three times as long as nothing was answered before', () => {
    expect(silenceLimit(60, [NO_REQUESTS], 12)).toBe(36);
  });
});
