import { describe, expect, test } from '@jest/globals';
import type { CliCommand } from '../../src/cli/cli-commands.ts';
import { flagWords, type InputSource } from '../../src/cli/flag-words.ts';
import { ConfigurationError, HostError, SealiftError } from '../../src/model/errors.ts';
import { type InputName, inputRef, inputSetting, nameInputsBy } from '../../src/model/input-ref.ts';
import { loginAdvice } from '../../src/model/registry.ts';
import { planAdoption } from '../../src/plan/existing-deployment.ts';
import { Problems } from '../../src/release/compose/problems.ts';
import { importedRelease } from '../../src/release/imported-release.ts';
import { combineFailures, failureText } from '../../src/report/failures.ts';
import { readInputs, useRunnerEnvironment } from '../inputs/runner.ts';
import { Host } from '../plan/hosts.ts';
import { makeRelease } from '../plan/world.ts';
import { hostName } from '../support/identifiers.ts';

useRunnerEnvironment();

const FLAG: InputSource = { kind: 'flag' };
const FILE: InputSource = { kind: 'file', file: 'sealift.yaml' };
const VARIABLE: InputSource = { kind: 'variable' };

/** What a person reads of the error with which something ends. */
function causeOf(
  command: CliCommand,
  fail: () => unknown,
  sources: Readonly<Partial<Record<InputName, InputSource>>> = {},
): string {
  nameInputsBy(flagWords(command, new Map(Object.entries(sources))));
  try {
    fail();
  } catch (error) {
    return failureText(error, '').cause;
  }
  throw new Error('It did not fail.');
}

const raise = (error: Error) => (): never => {
  throw error;
};

describe('at a terminal, a message speaks of flags', () => {
  const project = { name: 'shop', folder: undefined, containers: [], volumes: { data: 'shop_data' } };
  const host = new Host().see({ composeProjects: [project], volumeNames: ['shop_data'] });
  const release = makeRelease(
    'new',
    { web: 'served' },
    { base: { services: { db: {} }, volumes: { data: { name: 'shop-test_data' } } } },
  );

  test.each<[CliCommand, () => unknown, unknown]>([
    [
      'deploy',
      () => readInputs('deploy', { 'health-path': 'up' }),
      '--health-path: "up" is not a path. Write the part of the URL after the host, beginning with "/": /up.',
    ],
    [
      'deploy',
      () => readInputs('deploy', { 'health-status': '204' }),
      '--health-status: it says what "--health-path" may answer, and that is not set. Set "--health-path" as well; without it, any answer of the app counts.',
    ],
    [
      'deploy',
      () => readInputs('deploy', { edge: 'none', 'health-path': '/up' }),
      '--health-path: with --edge none, no edge can request the path. Give the service a HEALTHCHECK, or set --edge caddy.',
    ],
    [
      'deploy',
      () => readInputs('deploy', { env: 'A=1\nB' }),
      '--env, line 2: not KEY=VALUE. If the line belongs to the value of "A", put that value in double quotes.',
    ],
    [
      'status',
      () => readInputs('status', { hosts: 'ssh://deploy@a' }),
      expect.stringMatching(
        /^--known-hosts: missing\. .* set "--known-hosts" to the lines that it prints\.$/,
      ),
    ],
    [
      'build',
      () => readInputs('build', { image: 'ghcr.io/me/shop:1', context: '.' }),
      '--image: build/ takes a repository without a tag. Write --image ghcr.io/me/shop and --tags 1.',
    ],
    [
      'remove',
      () => readInputs('remove', { environment: 'production' }),
      '--confirm: missing. "production" is the name of a production environment. Set "--confirm production" to remove it with everything that runs in it.',
    ],
    [
      'deploy',
      () => planAdoption([host], release, ['shop'], undefined),
      expect.stringMatching(
        /Set "--adopt" to take it over with its volumes, or "--no-adopt" to leave it alone/,
      ),
    ],
  ])('sealift %s', (command, fail, text) => {
    expect(causeOf(command, fail)).toEqual(text);
  });

  test('each problem of a Compose file stays one of the file, unless a flag names it', () => {
    const problems = new Problems();
    const fail = (): void => {
      problems.add('compose-file: service app has image: "x", but ports: is missing.');
      problems.add('compose-file: service test has environment: none.');
      problems.throwIfAny();
    };
    const text =
      'compose-file: service app has image: "x", but ports: is missing.\ncompose-file: service test has environment: none.';
    expect(causeOf('deploy', fail)).toBe(text);
    expect(causeOf('deploy', fail, { 'compose-file': FILE })).toBe(text);
    expect(causeOf('deploy', fail, { 'compose-file': FLAG })).toContain(
      '--compose-file: service app has image: "x"',
    );
  });
});

describe('what is no input is not touched', () => {
  const one = hostName('ssh://one');
  const release = makeRelease('11111111', { web: 'served' });
  const secret = {
    ...release,
    confidential: ['SEALIFT_SECRET_TLS_KEY'],
    compose: { ...release.compose, secrets: { 'tls-key': { environment: 'SEALIFT_SECRET_TLS_KEY' } } },
  };

  test('a secret with the name of an input', () => {
    expect(
      causeOf('import', () =>
        importedRelease(secret, { secrets: new Map(), configs: new Map(), volumes: {} }),
      ),
    ).toBe(
      '--secrets: "tls-key" is missing. The contents of secrets are in no archive: add a line tls-key=….',
    );
  });

  test.each([
    'app: the old and the new release both write to data.',
    'url: it answered 503, set "health-path", adopt: true.',
  ])('a service, or words of a server, in an error of a host: %s', (words) => {
    expect(causeOf('deploy', raise(new HostError(one, words)))).toBe(`ssh://one: ${words}`);
    expect(causeOf('deploy', raise(new SealiftError(words)))).toBe(words);
    expect(causeOf('deploy', raise(combineFailures([{ host: undefined, error: new Error(words) }])))).toBe(
      words,
    );
  });

  test.each([
    'compose-file: services.app.ports: invalid\nimage: x\nadopt: true',
    'manifests: k8s/web.yaml is not valid: spec.strategy: Invalid value, set "health-path" and approval: off.',
  ])('what Compose or a cluster says of a file: %s', (message) => {
    const [name = ''] = message.split(':');
    const shown = causeOf('deploy', raise(new ConfigurationError(message)));
    expect(shown.replace(/^--/, '')).toBe(`${message}${message.endsWith('.') ? '' : '.'}`);
    expect(shown.startsWith(name === 'manifests' ? '--manifests: ' : 'compose-file: ')).toBe(true);
  });

  test.each([
    'ssh://one: port 8080 is already taken.',
    'Environment "production" has no required reviewers.',
    'docker: not found.',
    'app and web: they differ.',
  ])('an error that begins with something else: %s', (message) => {
    expect(causeOf('deploy', raise(new ConfigurationError(message)))).toBe(message);
  });
});

describe('an input', () => {
  const say = (command: CliCommand, source?: InputSource) => {
    nameInputsBy(
      flagWords(
        command,
        new Map(
          source === undefined
            ? []
            : [
                ['approval', source],
                ['force', source],
              ],
        ),
      ),
    );
    return `${inputRef('approval')} · ${inputSetting('approval', 'off')} · ${inputSetting('force', 'false')}`;
  };

  test.each<[string, CliCommand, InputSource | undefined, string]>([
    ['that nothing gives', 'deploy', undefined, '--approval · --approval off · --no-force'],
    ['of a flag', 'deploy', FLAG, '--approval · --approval off · --no-force'],
    ['of a file has the name of its key', 'deploy', FILE, 'approval · approval: off · force: false'],
    [
      'of a variable has its name',
      'deploy',
      VARIABLE,
      'SEALIFT_APPROVAL · SEALIFT_APPROVAL=off · SEALIFT_FORCE=false',
    ],
    [
      'that another command has is as a workflow has it',
      'status',
      FLAG,
      'approval · approval: off · force: false',
    ],
  ])('%s', (_, command, source, text) => {
    expect(say(command, source)).toBe(text);
  });

  test('with a value of several words can be copied into a shell', () => {
    nameInputsBy(flagWords('build', new Map()));
    expect(inputSetting('platforms', 'linux/amd64, linux/arm64')).toBe(
      "--platforms 'linux/amd64, linux/arm64'",
    );
    expect(loginAdvice('ghcr.io')).toContain('"ghcr.io=user" on a line of "--registry-username"');
  });

  test('that a file gives is told with the file', () => {
    const fail = () => readInputs('deploy', { 'health-path': 'up' });
    expect(causeOf('deploy', fail, { 'health-path': FILE })).toMatch(
      /^sealift\.yaml: health-path: "up" is not a path\./,
    );
    expect(causeOf('deploy', fail, { 'health-path': VARIABLE })).toMatch(
      /^SEALIFT_HEALTH_PATH: "up" is not a path\./,
    );
  });
});
