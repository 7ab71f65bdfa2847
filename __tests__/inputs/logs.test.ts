import { expect, test } from '@jest/globals';
import { inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();

test('the last hundred lines of every service of the live release', () => {
  expect(request('logs')).toMatchObject({
    ...{ release: undefined, services: [], tail: 100, since: undefined, follow: false },
  });
});

test('services stand on lines or between commas', () => {
  expect(request('logs', { services: 'web, worker\ndb\nweb' }).services).toEqual(['web', 'worker', 'db']);
});

test('all lines, or those since a time or a while ago', () => {
  expect(request('logs', { tail: 'all', since: '10m' })).toMatchObject({
    ...{ tail: undefined, since: { ago: 600_000 } },
  });
  expect(request('logs', { since: '2026-01-31T12:00:00+01:00' }).since).toEqual({
    at: Date.parse('2026-01-31T11:00:00Z'),
  });
});

test.each([
  [{ tail: 'many' }, 'tail: "many" is not a whole number'],
  [{ since: 'yesterday' }, 'since: "yesterday" is neither a duration nor a time.'],
  [{ since: '2026-01-31' }, 'since: "2026-01-31" is neither a duration nor a time.'],
  [{ since: '2026-13-31T12:00:00Z' }, 'is neither a duration nor a time.'],
  [{ release: '../x' }, `release: "../x" can't be the id of a release.`],
])('%j is refused', (given, message) => {
  expect(inputError('logs', given)).toContain(message);
});
