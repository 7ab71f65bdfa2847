import { expect, test } from '@jest/globals';
import type { Release } from '../../src/model/release.ts';
import { startGroups, startRounds } from '../../src/release/start-order.ts';
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
  ['the service that is needed is not started now', { web: ['api'], api: [] }, ['web'], [['web']]],
  ['the service that is needed does not exist', { web: ['ghost'] }, ['web'], [['web']]],
  [
    'the services of a circle start together, after the others',
    { a: ['b'], b: ['a'], c: [] },
    ['a', 'b', 'c'],
    [['c'], ['a', 'b']],
  ],
  ['nothing to start', { web: [] }, [], []],
])('services start in rounds: %s', (_, needs, services, rounds) => {
  expect(startRounds(release(needs), services)).toEqual(rounds);
});

test('services without a record start at once', () => {
  expect(startRounds(undefined, ['web', 'api'])).toEqual([['web', 'api']]);
});

test('what must be healthy or done before a service starts is in an earlier group; what must only be started is not', () => {
  const services = {
    web: {
      depends_on: {
        api: { condition: 'service_started' },
        migrate: { condition: 'service_completed_successfully' },
      },
    },
    api: { depends_on: { cache: { condition: 'service_healthy' } } },
    migrate: {},
    cache: {},
    other: { depends_on: { api: {} } },
    a: { depends_on: { b: { condition: 'service_healthy' } } },
    b: { depends_on: { a: { condition: 'service_healthy' } } },
  };
  expect(startGroups(services, ['web', 'api', 'migrate', 'cache', 'other'])).toEqual([
    ['migrate', 'cache'],
    ['web', 'api', 'other'],
  ]);
  expect(startGroups(services, ['web', 'api'])).toEqual([['web', 'api']]);
  expect(startGroups(services, ['a', 'b']).flat().sort()).toEqual(['a', 'b']);
});
