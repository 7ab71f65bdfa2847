import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RollingService, rollingSchedule } from '../../src/plan/strategies/rolling-schedule.ts';

const web = (
  old: number,
  replicas: number,
  order: 'start-first' | 'stop-first',
  parallelism = 1,
): RollingService => ({
  name: 'web',
  oldReplicas: old,
  newReplicas: replicas,
  update: { parallelism, order },
});

/** The running old and new replicas in each state, and the new release's share of the requests: `2+1 at 0.33`. */
const statesOf = (...services: readonly RollingService[]): readonly string[] =>
  rollingSchedule(services).map(({ up, stopped, share }) => {
    const counts = services.map(
      ({ name, oldReplicas: old }) => `${old - (stopped[name] ?? 0)}+${up[name] ?? 0}`,
    );
    return `${counts.join()} at ${Number(share.toFixed(2))}`;
  });

describe('the states of a rolling deploy', () => {
  test.each<[string, RollingService, readonly string[]]>([
    ['start-first', web(3, 3, 'start-first'), ['3+0 at 0', '2+1 at 0.33', '1+2 at 0.67', '1+3 at 1']],
    [
      'stop-first: the last old replica stops when it gets no requests any more',
      web(3, 3, 'stop-first'),
      [
        ...['3+0 at 0', '2+0 at 0', '2+1 at 0.33', '1+1 at 0.33', '1+2 at 0.67'],
        ...['1+2 at 1', '0+2 at 1', '0+3 at 1'],
      ],
    ],
    ['two at a time', web(5, 5, 'start-first', 2), ['5+0 at 0', '3+2 at 0.4', '1+4 at 0.8', '1+5 at 1']],
    [
      'stop-first, two at a time',
      web(5, 5, 'stop-first', 2),
      [
        ...['5+0 at 0', '3+0 at 0', '3+2 at 0.4', '1+2 at 0.4', '1+4 at 0.8'],
        ...['1+4 at 1', '0+4 at 1', '0+5 at 1'],
      ],
    ],
    ['all at once', web(3, 3, 'start-first', 0), ['3+0 at 0', '3+3 at 1']],
    [
      'stop-first, all at once: one old replica stays',
      web(3, 3, 'stop-first', 0),
      ['3+0 at 0', '1+0 at 0', '1+2 at 0.67', '1+2 at 1', '0+2 at 1', '0+3 at 1'],
    ],
    [
      'more replicas than before',
      web(1, 3, 'start-first'),
      ['1+0 at 0', '1+1 at 0.33', '1+2 at 0.67', '1+3 at 1'],
    ],
    [
      'more replicas than before, stop-first',
      web(1, 3, 'stop-first'),
      ['1+0 at 0', '1+1 at 0.33', '1+2 at 0.67', '1+2 at 1', '0+2 at 1', '0+3 at 1'],
    ],
    ['fewer replicas than before', web(3, 1, 'start-first'), ['3+0 at 0', '3+1 at 1']],
    ['fewer replicas than before, stop-first', web(3, 1, 'stop-first'), ['3+0 at 0', '2+0 at 0', '2+1 at 1']],
    ['a single replica that stops first', web(1, 1, 'stop-first'), ['1+0 at 0', '1+1 at 1']],
    ['no replicas before', web(0, 2, 'start-first'), ['0+0 at 0', '0+1 at 0.5', '0+2 at 1']],
    ['no replicas after', web(2, 0, 'start-first'), ['2+0 at 0', '2+0 at 1']],
  ])('one service, %s', (_, service, states) => {
    expect(statesOf(service)).toEqual(states);
  });

  describe('of several services', () => {
    const api = (...args: Parameters<typeof web>): RollingService => ({ ...web(...args), name: 'api' });

    test('a service with one replica gets requests as the replicas that it depends on start', () => {
      expect(statesOf(web(1, 1, 'start-first'), api(3, 3, 'start-first'))).toEqual([
        '1+0,3+0 at 0',
        '1+1,2+1 at 0.33',
        '1+1,1+2 at 0.67',
        '1+1,1+3 at 1',
      ]);
    });

    test('a service with fewer batches waits for the others', () => {
      expect(statesOf(web(3, 3, 'start-first'), api(1, 1, 'start-first'))).toEqual([
        '3+0,1+0 at 0',
        '2+1,1+1 at 0.33',
        '1+2,1+1 at 0.67',
        '1+3,1+1 at 1',
      ]);
    });

    test('a stop-first service keeps its last old replica until the old release gets no requests', () => {
      expect(statesOf(web(3, 3, 'start-first'), api(2, 2, 'stop-first'))).toEqual([
        '3+0,2+0 at 0',
        '3+0,1+0 at 0',
        '2+1,1+1 at 0.33',
        '1+2,1+1 at 0.67',
        '1+3,1+1 at 1',
        '1+3,0+1 at 1',
        '1+3,0+2 at 1',
      ]);
    });
  });

  const servicesOf = (least: number) =>
    fc
      .array(
        fc.record({
          oldReplicas: fc.integer({ min: least, max: 12 }),
          newReplicas: fc.integer({ min: least, max: 12 }),
          update: fc.record({
            parallelism: fc.nat(13),
            order: fc.constantFrom('start-first' as const, 'stop-first' as const),
          }),
        }),
        { minLength: 1, maxLength: 4 },
      )
      .map((all) => all.map((one, index): RollingService => ({ ...one, name: `service${index}` })));

  const services = servicesOf(1);

  test('the last state has all new replicas up and all requests on them, for any numbers', () => {
    fc.assert(
      fc.property(servicesOf(0), (all) => {
        const last = rollingSchedule(all).at(-1);
        expect(last?.share).toBe(1);
        expect(last?.up).toEqual(
          Object.fromEntries(all.map(({ name, newReplicas: replicas }) => [name, replicas])),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('between two states at most one batch starts, and never do more replicas run than allowed', () => {
    fc.assert(
      fc.property(services, (all) => {
        rollingSchedule(all).reduce((before, after) => {
          for (const { name, oldReplicas: old, newReplicas: replicas, update } of all) {
            const size = update.parallelism === 0 ? 24 : update.parallelism;
            const [had, up] = [before.up[name] ?? 0, after.up[name] ?? 0];
            const [was, stopped] = [before.stopped[name] ?? 0, after.stopped[name] ?? 0];
            expect(up - had).toBeLessThanOrEqual(size);
            expect(up).toBeGreaterThanOrEqual(had);
            expect(stopped).toBeGreaterThanOrEqual(was);
            const single = old === 1 && replicas === 1;
            const most = Math.max(old, replicas) + (update.order === 'start-first' || single ? size : 0);
            // New ones come before old ones go.
            expect(old - was + up).toBeLessThanOrEqual(most);
          }
          return after;
        });
      }),
      { numRuns: 500 },
    );
  });

  test('neither release gets more requests than its replicas of every service are enough for', () => {
    fc.assert(
      fc.property(services, (all) => {
        rollingSchedule(all).reduce((before, after) => {
          for (const { name, oldReplicas: old, newReplicas: replicas, update } of all) {
            const left = old - (after.stopped[name] ?? 0);
            const up = before.up[name] ?? 0;
            if (update.order === 'start-first') {
              expect((after.up[name] ?? 0) / replicas).toBeGreaterThanOrEqual(after.share - 1e-9);
              expect(left / old).toBeGreaterThanOrEqual(1 - after.share - 1e-9);
              continue;
            }
            if (after.share < 1) expect(left).toBeGreaterThan(0);
            if (after.share > 0) expect(after.up[name] ?? 0).toBeGreaterThan(0);
            // What stops is missing until the new ones are there.
            const size = update.parallelism === 0 ? 24 : update.parallelism;
            expect(up + left).toBeGreaterThanOrEqual(Math.max(1, Math.min(old, replicas) - size));
          }
          return after;
        });
      }),
      { numRuns: 500 },
    );
  });
});
