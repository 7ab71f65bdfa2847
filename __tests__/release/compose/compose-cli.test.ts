import { describe, expect, test } from '@jest/globals';
import { CommandError, ConfigurationError } from '../../../src/model/errors.ts';
import {
  ComposeUnavailableError,
  explainComposeError,
  isOldCompose,
} from '../../../src/release/compose/compose-cli.ts';

const explained = (stderr: string): unknown =>
  explainComposeError(new CommandError('docker compose config', 1, stderr), '/home/runner/work/shop/shop');

describe('the error for a Compose plugin', () => {
  test.each([
    [
      'missing (Docker 28)',
      "docker: unknown command: docker compose\n\nRun 'docker --help' for more information\n",
    ],
    ['missing (Docker 24)', "docker: 'compose' is not a docker command.\nSee 'docker --help'\n"],
    ['missing (Docker 20)', "unknown flag: --project-name\nSee 'docker --help'.\n"],
  ])('that is %s says how to install it', (_, stderr) => {
    expect(explained(stderr)).toEqual(
      new ConfigurationError(
        'compose-file: docker compose is not installed on this runner. Install the Compose plugin (package docker-compose-plugin; GitHub-hosted runners have it).',
      ),
    );
    expect(explained(stderr)).toBeInstanceOf(ComposeUnavailableError);
  });

  test('that is too old says which version is needed', () => {
    expect(String(explained('unknown flag: --no-env-resolution\n'))).toContain(
      'docker compose on this runner is too old; Sealift needs 2.35 or later',
    );
    expect(explained('unknown flag: --no-env-resolution\n')).toBeInstanceOf(ComposeUnavailableError);
  });
});

test.each([
  ['1.29.2', true],
  ['v2.3.3', true],
  ['2.34.0', true],
  ['2.35.0', false],
  ['2.40.3+ds1', false],
  ['5.0.1', false],
  ['dev', false],
])('the version %s is too old: %s', (version, isOld) => {
  expect(isOldCompose(version)).toBe(isOld);
});

test('an error of Compose names paths in the checkout', () => {
  expect(
    String(explained('validating /home/runner/work/shop/shop/compose.yaml: services.web is wrong')),
  ).toContain('compose-file: validating compose.yaml: services.web is wrong');
});

test('an error of Compose has no warnings in it', () => {
  const stderr =
    'time="2026-01-01T00:00:00Z" level=warning msg="the attribute `version` is obsolete"\nno such thing\n';
  expect(String(explained(stderr))).toMatch(/compose-file: no such thing$/);
});

test('an error that is not from Compose is left alone', () => {
  const error = new Error('something else');
  expect(explainComposeError(error, '/')).toBe(error);
});
