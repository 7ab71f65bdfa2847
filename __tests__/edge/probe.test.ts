import { expect, test } from '@jest/globals';
import { parseProbeResults } from '../../src/edge/probe.ts';

test('the printed lines of a probe become one result for each container', () => {
  const printed = `a-web-1:80 200 \nb-web-1:80 301 \nc-db-1:5432 open \nd-web-1:80 503 \ne-web-1:80 dial tcp 10.0.0.2:80: connect: connection refused \nf-web-1:80 \n`;
  expect(Object.fromEntries(parseProbeResults(printed))).toEqual({
    'a-web-1:80': { ok: true },
    'b-web-1:80': { ok: true },
    'c-db-1:5432': { ok: true },
    'd-web-1:80': { ok: false, failure: 'answered 503' },
    'e-web-1:80': { ok: false, failure: 'dial tcp 10.0.0.2:80: connect: connection refused' },
    'f-web-1:80': { ok: false, failure: 'no answer' },
  });
});
