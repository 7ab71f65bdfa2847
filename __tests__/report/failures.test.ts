import { describe, expect, test } from '@jest/globals';
import { HostError } from '../../src/model/errors.ts';
import { combineFailures, describeFailures } from '../../src/report/failures.ts';

const on = (host: string, message: string) => ({ host, error: new HostError(host, message) });

describe('what went wrong', () => {
  test('on several hosts alike is said once, with all of them', () => {
    expect(describeFailures([on('a', 'web exited'), on('b', 'web exited'), on('c', 'web exited')])).toBe(
      'a, b and c: web exited',
    );
  });

  test('on a host several times is said once', () => {
    expect(describeFailures([on('a', 'it is lost'), on('a', 'it is lost')])).toBe('a: it is lost');
  });

  test('on each for a reason of its own is said of each', () => {
    expect(describeFailures([on('a', 'disk full'), on('b', 'web exited'), on('c', 'disk full')])).toBe(
      'a and c: disk full · b: web exited',
    );
  });

  test('as a whole names no host', () => {
    expect(describeFailures([{ host: undefined, error: new Error('url: it answered 503') }])).toBe(
      'url: it answered 503',
    );
  });
});

describe('as one error', () => {
  const seen = (host: string, evidence: readonly string[], alreadyLogged: boolean) => ({
    host,
    error: new HostError(host, 'it failed', { evidence, alreadyLogged }),
  });

  test('has the evidence of each, every line once', () => {
    expect(combineFailures([seen('a', ['x', 'y'], false), seen('b', ['y', 'z'], false)])).toMatchObject({
      message: 'a and b: it failed',
      evidence: ['x', 'y', 'z'],
      alreadyLogged: false,
    });
  });

  test('is told already where all of it is', () => {
    expect(combineFailures([seen('a', ['x'], true), on('b', 'gone')]).alreadyLogged).toBe(true);
    expect(combineFailures([seen('a', ['x'], true), seen('b', ['y'], false)]).alreadyLogged).toBe(false);
  });
});
