import { expect, test } from '@jest/globals';
import { parseProbedRoutes } from '../../src/edge/probe-routes.ts';

test('what the edge asked becomes one result for each route and address', () => {
  const printed = [
    'slot blue 11111111',
    'route blue 8080 a-web-1:3000',
    'route blue 8080 a-web-2:3000',
    'route blue 80-127.0.0.1 a-web-1:3000',
    'slot green 22222222',
    'route green 8080 b-web-1:3000',
    'answer b-web-1:3000 dial tcp 10.0.0.2:3000: connect: connection refused ',
    'answer a-web-1:3000 404 ',
    '',
  ].join('\n');
  expect(parseProbedRoutes(printed)).toEqual([
    { release: '11111111', route: '8080', result: { ok: true } },
    { release: '11111111', route: '8080', result: { ok: false, failure: 'no answer' } },
    { release: '11111111', route: '80-127.0.0.1', result: { ok: true } },
    { release: '22222222', route: '8080', result: { ok: false, failure: 'connection refused' } },
  ]);
});
