import { expect, test } from '@jest/globals';
import type { Release } from '../../src/model/release.ts';
import { startRounds } from '../../src/release/start-order.ts';
import { makeRelease } from '../plan/world.ts';

/** A release whose services need one another as given. */
function release(needs: Readonly<Record<string, readonly string[]>>): Release {
  const made = makeRelease('11111111', {});
  const services = Object.entries(needs).map(([name, others]) => [
    name,
    others.length === 0
      ? {}
      : { depends_on: Object.fromEntries(others.map((other) => [other, { condition: 'service_started' }])) },
  ]);
  return { ...made, compose: { services: Object.fromEntries(services) } };
}

test.each<
  [string, Readonly<Record<string, readonly string[]>>, readonly string[], readonly (readonly string[])[]]
>([
  ['nothing needs anything', { web: [], api: [] }, ['web', 'api'], [['web', 'api']]],
  [
    'a chain',
    { web: ['api'], api: ['cache'], cache: [] },
    ['web', 'api', 'cache'],
    [['cache'], ['api'], ['web']],
  ],
  [
    'a diamond',
    { web: ['a', 'b'], a: ['base'], b: ['base'], base: [] },
    ['web', 'a', 'b', 'base'],
    [['base'], ['a', 'b'], ['web']],
  ],
  ['what is needed is not started now', { web: ['api'], api: [] }, ['web'], [['web']]],
  ['a service that is not there', { web: ['ghost'] }, ['web'], [['web']]],
  [
    'a circle starts together, after what it does not hold',
    { a: ['b'], b: ['a'], c: [] },
    ['a', 'b', 'c'],
    [['c'], ['a', 'b']],
  ],
  ['nothing is to be started', { web: [] }, [], []],
])('%s', (_, needs, services, waves) => {
  expect(startRounds(release(needs), services)).toEqual(waves);
});

test('without a record all start at once', () => {
  expect(startRounds(undefined, ['web', 'api'])).toEqual([['web', 'api']]);
});
