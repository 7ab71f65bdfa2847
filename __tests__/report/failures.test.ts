import { describe, expect, test } from '@jest/globals';
import { HostError, SealiftError } from '../../src/model/errors.ts';
import { combineFailures, describeFailures, failureText } from '../../src/report/failures.ts';

const on = (host: string, message: string) => ({ host, error: new HostError(host, message) });

describe('the description of several failures', () => {
  test('names an error that several hosts have once, with all of these hosts', () => {
    expect(describeFailures([on('a', 'web exited'), on('b', 'web exited'), on('c', 'web exited')])).toBe(
      'a, b and c: web exited',
    );
  });

  test('names an error that one host has several times once', () => {
    expect(describeFailures([on('a', 'it is lost'), on('a', 'it is lost')])).toBe('a: it is lost');
  });

  test('names each error with its own hosts', () => {
    expect(describeFailures([on('a', 'disk full'), on('b', 'web exited'), on('c', 'disk full')])).toBe(
      'a and c: disk full · b: web exited',
    );
  });

  test('names no host for an error that belongs to none', () => {
    expect(describeFailures([{ host: undefined, error: new Error('url: it answered 503') }])).toBe(
      'url: it answered 503',
    );
  });
});

describe('several failures combined to one error', () => {
  const withEvidence = (host: string, evidence: readonly string[], alreadyLogged: boolean) => ({
    host,
    error: new HostError(host, 'it failed', { evidence, alreadyLogged }),
  });

  test('keep the evidence of each, every line once', () => {
    const failures = [withEvidence('a', ['x', 'y'], false), withEvidence('b', ['y', 'z'], false)];
    expect(combineFailures(failures)).toMatchObject({
      message: 'a and b: it failed',
      evidence: ['x', 'y', 'z'],
      alreadyLogged: false,
    });
  });

  test('count as logged only if all evidence is in the log already', () => {
    expect(combineFailures([withEvidence('a', ['x'], true), on('b', 'gone')]).alreadyLogged).toBe(true);
    const one = [withEvidence('a', ['x'], true), withEvidence('b', ['y'], false)];
    expect(combineFailures(one).alreadyLogged).toBe(false);
  });
});

describe('the texts of a failed job', () => {
  test('are a headline that ends with the state, and the evidence with control characters removed', () => {
    const error = new SealiftError('It failed', { evidence: ['\u001b[31mdenied\u001b[0m', 'a\nb'] });
    expect(failureText(error, 'Nothing was deployed.')).toEqual({
      cause: 'It failed.',
      headline: 'It failed. Nothing was deployed.',
      details: error.evidence,
      lines: ['  │ denied', '  │ a', '  │ b'],
    });
  });

  test('have no evidence for an unexpected error', () => {
    const texts = failureText(new TypeError('oops'), 'Nothing was deployed.');
    expect(texts).toMatchObject({ details: [], lines: [] });
  });

  test('do not repeat evidence that the log has already', () => {
    const error = new SealiftError('test: it failed.', { evidence: ['3 failed'], alreadyLogged: true });
    expect(failureText(error, '')).toMatchObject({ details: ['3 failed'], lines: [] });
  });
});
