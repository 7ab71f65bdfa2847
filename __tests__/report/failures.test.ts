import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, HostError, SealiftError } from '../../src/model/errors.ts';
import type { HostName } from '../../src/model/identifiers.ts';
import { combineFailures, describeFailures, failureText } from '../../src/report/failures.ts';
import { hostName } from '../support/identifiers.ts';

const on = (host: HostName, message: string) => ({ host, error: new HostError(host, message) });

describe('the description of several failures', () => {
  test('names an error that several hosts have once, with all of these hosts', () => {
    expect(
      describeFailures([
        on(hostName('a'), 'web exited'),
        on(hostName('b'), 'web exited'),
        on(hostName('c'), 'web exited'),
      ]),
    ).toBe('a, b and c: web exited');
  });

  test('names an error that one host has several times once', () => {
    expect(describeFailures([on(hostName('a'), 'it is lost'), on(hostName('a'), 'it is lost')])).toBe(
      'a: it is lost',
    );
  });

  test('names each error with its own hosts', () => {
    expect(
      describeFailures([
        on(hostName('a'), 'disk full'),
        on(hostName('b'), 'web exited'),
        on(hostName('c'), 'disk full'),
      ]),
    ).toBe('a and c: disk full · b: web exited');
  });

  test('names no host for an error that belongs to none', () => {
    expect(describeFailures([{ host: undefined, error: new Error('url: it answered 503') }])).toBe(
      'url: it answered 503',
    );
  });
});

describe('several failures combined to one error', () => {
  const withEvidence = (host: HostName, evidence: readonly string[], alreadyLogged: boolean) => ({
    host,
    error: new HostError(host, 'it failed', { evidence, alreadyLogged }),
  });

  test('keep the evidence of each, every line once', () => {
    const failures = [
      withEvidence(hostName('a'), ['x', 'y'], false),
      withEvidence(hostName('b'), ['y', 'z'], false),
    ];
    expect(combineFailures(failures)).toMatchObject({
      message: 'a and b: it failed',
      evidence: ['x', 'y', 'z'],
      alreadyLogged: false,
    });
  });

  test('count as logged only if all evidence is in the log already', () => {
    expect(
      combineFailures([withEvidence(hostName('a'), ['x'], true), on(hostName('b'), 'gone')]).alreadyLogged,
    ).toBe(true);
    const one = [withEvidence(hostName('a'), ['x'], true), withEvidence(hostName('b'), ['y'], false)];
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

  test('say of each mistake how it begins and what to do, however long the text is that it quotes', () => {
    const long = 'x'.repeat(1_000_000);
    const error = new ConfigurationError(
      `app: "${long}" is no name. Write one.\nport: "${long}" is no port.`,
    );
    expect(failureText(error, '').cause).toBe('app: … is no name. Write one.\nport: … is no port.');
    expect(failureText(error, '').cause.length).toBeLessThan(2_100);
  });

  test('end with the number of mistakes for which there is no room', () => {
    const mistakes = Array.from(
      { length: 500 },
      (_, index) => `compose-file: service s${index} has none. Write it.`,
    );
    const { cause } = failureText(new ConfigurationError(mistakes.join('\n')), '');
    expect(cause.length).toBeLessThan(10_000);
    const lines = cause.split('\n');
    expect(lines.slice(0, -1)).toEqual(mistakes.slice(0, lines.length - 1));
    expect(lines.at(-1)).toBe(`${mistakes[lines.length - 1]} There are ${500 - lines.length} more.`);
  });

  test('do not repeat evidence that the log has already', () => {
    const error = new SealiftError('test: it failed.', { evidence: ['3 failed'], alreadyLogged: true });
    expect(failureText(error, '')).toMatchObject({ details: ['3 failed'], lines: [] });
  });
});
