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

/** How many run of old and new at each moment, and the new one's part of the requests: `2+1 at 1/3`. */
const courseOf = (...services: readonly RollingService[]): readonly string[] =>
  rollingSchedule(services).map(({ up, stopped, share }) => {
    const counts = services.map(
      ({ name, oldReplicas: old }) => `${old - (stopped[name] ?? 0)}+${up[name] ?? 0}`,
    );
    return `${counts.join()} at ${Number(share.toFixed(2))}`;
  });

describe('the moments of a roll', () => {
  test.each<[string, RollingService, readonly string[]]>([
    ['start-first', web(3, 3, 'start-first'), ['3+0 at 0', '2+1 at 0.33', '1+2 at 0.67', '1+3 at 1']],
    [
      'stop-first: the last old one goes when it gets no requests any more',
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
      'stop-first, all at once: one stays',
      web(3, 3, 'stop-first', 0),
      ['3+0 at 0', '1+0 at 0', '1+2 at 0.67', '1+2 at 1', '0+2 at 1', '0+3 at 1'],
    ],
    ['more than before', web(1, 3, 'start-first'), ['1+0 at 0', '1+1 at 0.33', '1+2 at 0.67', '1+3 at 1']],
    [
      'more than before, stop-first',
      web(1, 3, 'stop-first'),
      ['1+0 at 0', '1+1 at 0.33', '1+2 at 0.67', '1+2 at 1', '0+2 at 1', '0+3 at 1'],
    ],
    ['fewer than before', web(3, 1, 'start-first'), ['3+0 at 0', '3+1 at 1']],
    ['fewer than before, stop-first', web(3, 1, 'stop-first'), ['3+0 at 0', '2+0 at 0', '2+1 at 1']],
    ['a single one that stops first', web(1, 1, 'stop-first'), ['1+0 at 0', '1+1 at 1']],
    ['none before', web(0, 2, 'start-first'), ['0+0 at 0', '0+1 at 0.5', '0+2 at 1']],
    ['none after', web(2, 0, 'start-first'), ['2+0 at 0', '2+0 at 1']],
  ])('%s', (_, service, course) => {
    expect(courseOf(service)).toEqual(course);
  });

  describe('of several services', () => {
    const api = (...args: Parameters<typeof web>): RollingService => ({ ...web(...args), name: 'api' });

    test('one that is alone gets requests as those that it asks come up', () => {
      expect(courseOf(web(1, 1, 'start-first'), api(3, 3, 'start-first'))).toEqual([
        '1+0,3+0 at 0',
        '1+1,2+1 at 0.33',
        '1+1,1+2 at 0.67',
        '1+1,1+3 at 1',
      ]);
    });

    test('one that has fewer batches waits', () => {
      expect(courseOf(web(3, 3, 'start-first'), api(1, 1, 'start-first'))).toEqual([
        '3+0,1+0 at 0',
        '2+1,1+1 at 0.33',
        '1+2,1+1 at 0.67',
        '1+3,1+1 at 1',
      ]);
    });

    test('one that stops first loses its last old one when nobody asks the old release any more', () => {
      expect(courseOf(web(3, 3, 'start-first'), api(2, 2, 'stop-first'))).toEqual([
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

  test('end with all new ones up and all requests, whatever the numbers', () => {
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

  test('lead from one to the next by a batch at most, and with it never more run than there may be', () => {
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

  test('ask neither release for more than its replicas of any service are there for', () => {
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
