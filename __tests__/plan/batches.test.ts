import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batches, type Rolled, type Wave } from '../../src/plan/strategies/batches.ts';

const web = (
  old: number,
  replicas: number,
  order: 'start-first' | 'stop-first',
  parallelism = 1,
): Rolled => ({ name: 'web', old, replicas, update: { parallelism, order } });

/** How many run of old and new as a wave makes room, is up, and ends: `2+0 2+1 2+1`. */
const course = (services: readonly Rolled[]): readonly string[] =>
  batches(services).map(({ had, up, first, stopped }: Wave) =>
    services
      .map(({ name, old }) => {
        const [before, now] = [had[name] ?? 0, up[name] ?? 0];
        const [room, end] = [old - (first[name] ?? 0), old - (stopped[name] ?? 0)];
        return `${room}+${before} ${room}+${now} ${end}+${now}`;
      })
      .join(', '),
  );

describe('waves of replicas', () => {
  test.each<[string, Rolled, readonly string[]]>([
    ['start-first', web(3, 3, 'start-first'), ['3+0 3+1 2+1', '2+1 2+2 1+2', '1+2 1+3 1+3']],
    ['stop-first', web(3, 3, 'stop-first'), ['2+0 2+1 2+1', '1+1 1+2 1+2', '0+2 0+3 0+3']],
    [
      'start-first, two at a time',
      web(5, 5, 'start-first', 2),
      ['5+0 5+2 3+2', '3+2 3+4 1+4', '1+4 1+5 1+5'],
    ],
    ['stop-first, two at a time', web(5, 5, 'stop-first', 2), ['3+0 3+2 3+2', '1+2 1+4 1+4', '0+4 0+5 0+5']],
    ['all at once', web(3, 3, 'start-first', 0), ['3+0 3+3 3+3']],
    ['stop-first, all at once: one stays', web(3, 3, 'stop-first', 0), ['1+0 1+2 1+2', '0+2 0+3 0+3']],
    ['more than before', web(1, 3, 'start-first'), ['1+0 1+1 1+1', '1+1 1+2 1+2', '1+2 1+3 1+3']],
    ['more than before, stop-first', web(1, 3, 'stop-first'), ['1+0 1+1 1+1', '0+1 0+2 0+2', '0+2 0+3 0+3']],
    ['fewer than before', web(3, 1, 'start-first'), ['3+0 3+1 3+1']],
    ['fewer than before, stop-first', web(3, 1, 'stop-first'), ['2+0 2+1 2+1']],
    ['a single one that stops first', web(1, 1, 'stop-first'), ['1+0 1+1 1+1']],
    ['none before', web(0, 2, 'start-first'), ['0+0 0+1 0+1', '0+1 0+2 0+2']],
    ['none after', web(2, 0, 'start-first'), ['2+0 2+0 2+0']],
  ])('%s', (_, service, waves) => {
    expect(course([service])).toEqual(waves);
  });

  test('of several services go side by side; one that is through waits', () => {
    const api: Rolled = { ...web(1, 1, 'start-first'), name: 'api' };
    expect(course([web(2, 2, 'start-first'), api])).toEqual([
      '2+0 2+1 1+1, 1+0 1+1 1+1',
      '1+1 1+2 1+2, 1+1 1+1 1+1',
    ]);
  });

  test('always end with all new ones up, whatever the numbers', () => {
    const service = fc.record({
      name: fc.constant('web'),
      old: fc.nat(12),
      replicas: fc.nat(12),
      update: fc.record({
        parallelism: fc.nat(13),
        order: fc.constantFrom('start-first' as const, 'stop-first' as const),
      }),
    });
    fc.assert(
      fc.property(service, (one) => {
        const last = batches([one]).at(-1);
        expect(last?.up).toEqual({ web: one.replicas });
        expect(last?.gone).toEqual({ web: one.old });
      }),
    );
  });
});
