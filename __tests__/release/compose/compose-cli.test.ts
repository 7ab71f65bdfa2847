import { describe, expect, test } from '@jest/globals';
import { CommandError, ConfigurationError } from '../../../src/model/errors.ts';
import { explainComposeError } from '../../../src/release/compose/compose-cli.ts';

const said = (stderr: string): unknown =>
  explainComposeError(new CommandError('docker compose config', 1, stderr), '/home/runner/work/shop/shop');

describe('a Compose plugin that is', () => {
  test.each([
    [
      'missing (Docker 28)',
      "docker: unknown command: docker compose\n\nRun 'docker --help' for more information\n",
    ],
    ['missing (Docker 24)', "docker: 'compose' is not a docker command.\nSee 'docker --help'\n"],
    ['missing (Docker 20)', "unknown flag: --project-name\nSee 'docker --help'.\n"],
  ])('%s is asked for', (_, stderr) => {
    expect(said(stderr)).toEqual(
      new ConfigurationError(
        'compose-file: docker compose is not there. Install the Compose plugin on the runner (package docker-compose-plugin; GitHub-hosted runners have it).',
      ),
    );
  });

  test('too old is asked for again', () => {
    expect(String(said('unknown flag: --no-env-resolution\n'))).toContain(
      'docker compose on this runner is too old; Sealift needs 2.35 or later',
    );
  });
});

test('paths of the runner are those of the checkout', () => {
  expect(
    String(said('validating /home/runner/work/shop/shop/compose.yaml: services.web is wrong')),
  ).toContain('compose-file: validating compose.yaml: services.web is wrong');
});

test('warnings are no errors', () => {
  const stderr =
    'time="2026-01-01T00:00:00Z" level=warning msg="the attribute `version` is obsolete"\nno such thing\n';
  expect(String(said(stderr))).toMatch(/compose-file: no such thing$/);
});

test('what Compose did not say is not explained', () => {
  const error = new Error('something else');
  expect(explainComposeError(error, '/')).toBe(error);
});
