import { describe, expect, test } from '@jest/globals';
import { actionFile, inputError, request, useRunnerEnvironment } from './runner.ts';

useRunnerEnvironment();
const options = (given: Readonly<Record<string, string>>) => request('deploy', given).options;

test('the inputs for strategy, canary, hooks and accessories are read into the options of a deploy', () => {
  const given = {
    strategy: 'blue-green',
    bake: '1m30s',
    'canary-max-errors': '0.5%',
    'canary-max-latency-ratio': '2',
    'canary-min-requests': '20',
    'canary-too-few': 'fail',
    'before-release': 'bin/migrate --all\nworker=bin/check\nbin/seed',
    'after-release': 'bin/tell',
    accessories: 'update',
    force: 'true',
    edge: 'none',
    'max-parallel': '25%',
  };
  expect(options(given)).toMatchObject({
    strategy: { name: 'blue-green' },
    bake: 90_000,
    limits: { maxErrors: 0.005, maxLatencyRatio: 2, minRequests: 20, onTooFewRequests: 'fail' },
    beforeRelease: [
      { service: '', command: 'bin/migrate --all' },
      { service: 'worker', command: 'bin/check' },
      { service: '', command: 'bin/seed' },
    ],
    afterRelease: [{ service: '', command: 'bin/tell' }],
    accessories: 'update',
    force: true,
    edge: 'none',
    waves: { kind: 'share', percent: 25 },
  });
});

test('a command continues on the next line inside quotes and after a backslash', () => {
  const given = {
    'before-release': [
      '# the tables first',
      "sh -c '",
      '  set -e',
      '',
      '  # then the rows',
      '  bin/migrate && bin/seed',
      "'",
      '',
      'worker=bin/check \\',
      '  --all',
      "# don't",
      'bin/tell',
    ].join('\n'),
  };
  expect(options(given).beforeRelease).toEqual([
    { service: '', command: "sh -c '\n  set -e\n\n  # then the rows\n  bin/migrate && bin/seed\n'" },
    { service: 'worker', command: 'bin/check \\\n  --all' },
    { service: '', command: 'bin/tell' },
  ]);
  expect(request('deliver', { test: "a\nsh -c '\nb'\nweb=c" }).source).toMatchObject({
    options: {
      tests: new Map([
        ['', ['a', "sh -c '\nb'"]],
        ['web', ['c']],
      ]),
    },
  });
});

test('max-parallel may be a number of hosts', () => {
  expect(options({ 'max-parallel': '3' }).waves).toEqual({ kind: 'hosts', atMost: 3 });
});

describe('the input canary', () => {
  const steps = [
    { share: 0.05, duration: 120_000 },
    { share: 0.25, duration: 300_000 },
    { share: 1, duration: 0 },
  ];

  test.each([
    ['by comma', '5% 2m, 25% 5m, 100%'],
    ['by line, with comments', '# carefully\n5% 2m\n25%  5m\n\n100%'],
    ['with a comma too many', '5% 2m, 25% 5m, 100%,'],
    ['by comma and line', '5% 2m,\n25% 5m,\n100%'],
  ])('takes steps separated %s', (_, canary) => {
    expect(options({ strategy: 'canary', canary }).strategy).toEqual({ name: 'canary', steps });
  });

  test('means strategy: canary if no strategy is set', () => {
    expect(options({ canary: '5% 2m, 25% 5m, 100%' }).strategy).toEqual({ name: 'canary', steps });
  });

  test('has the steps of its description with strategy: canary alone', () => {
    const { inputs } = actionFile('deploy');
    const described = /`strategy: canary` alone means `(?<steps>[^`]+)`/.exec(
      inputs['canary']?.description ?? '',
    );
    expect(options({ strategy: 'canary' }).strategy).toEqual({ name: 'canary', steps });
    expect(options({ canary: described?.groups?.['steps'] ?? '' }).strategy).toEqual({
      name: 'canary',
      steps,
    });
  });

  test('takes a duration at 100%, and parts of a percent', () => {
    expect(options({ canary: '0.5% 10s, 100% 10m' }).strategy).toEqual({
      name: 'canary',
      steps: [
        { share: 0.005, duration: 10_000 },
        { share: 1, duration: 600_000 },
      ],
    });
  });

  test.each([
    ['5 2m, 100%', 'canary: "5 2m" is not a share above 0% and up to 100% with a duration.'],
    ['0% 2m, 100%', 'canary: "0% 2m" is not a share above 0%'],
    ['120%', 'canary: "120%" is not a share above 0% and up to 100%'],
    ['5% 2m 3m, 100%', 'canary: "5% 2m 3m" is not a share'],
    ['5%, 100%', 'canary: "5%" has no duration. Write growing shares up to 100%'],
    ['5% 2, 100%', 'canary: "2" in "5% 2" is not a duration of at most 24h.'],
    ['5% 25h, 100%', 'canary: "25h" in "5% 25h" is not a duration of at most 24h.'],
    ['5% 0s, 100%', 'canary: "5% 0s" leaves no time to judge the release.'],
    ['5% 2m, 5% 3m, 100%', 'canary: "5% 3m" is not more than "5% 2m".'],
    ['5% 2m, 25%', 'canary: "25%" is the last step, but not 100%. Write growing shares'],
    [',', 'canary: "," has no step before a comma.'],
    ['5% 2m,,100%', 'canary: "5% 2m,,100%" has no step before a comma.'],
    ['5% 2m\n,25% 5m\n100%', 'canary: ",25% 5m" has no step before a comma.'],
  ])('is refused with the value %p', (canary, message) => {
    expect(inputError('deploy', { canary })).toContain(message);
  });

  test('is refused with another strategy than canary', () => {
    expect(inputError('deploy', { strategy: 'rolling', canary: '5% 2m, 100%' })).toBe(
      'canary: it has no effect with strategy: rolling. Remove one of them, or set strategy: canary.',
    );
  });
});

test.each([
  ['canary-max-errors', '1', 'canary-max-errors: "1" is not a share from 0% to 100%. Write 1%, for example.'],
  ['canary-max-errors', '101%', 'canary-max-errors: "101%" is not a share'],
  ['canary-max-errors', '-1%', 'canary-max-errors: "-1%" is not a share'],
  ['canary-max-latency-ratio', '0.9', 'canary-max-latency-ratio: "0.9" is not a number of 1 or more.'],
  ['canary-max-latency-ratio', '150%', 'canary-max-latency-ratio: "150%" is not a number'],
  ['canary-min-requests', '0', 'canary-min-requests: "0" is not a whole number of 1 or more.'],
  ['canary-too-few', 'wait', 'canary-too-few: "wait" is not one of go-on, fail.'],
  ['bake', '5', 'bake: "5" is not a duration. Write a number with its unit: "5s" for seconds.'],
  ['bake', '25h', 'bake: "25h" is out of range. Write at most 24h.'],
  [
    'max-parallel',
    '0',
    'max-parallel: "0" is neither a number of hosts from 1 nor a share of them. Write 2 or 25%',
  ],
  ['max-parallel', '0%', 'max-parallel: "0%" is neither'],
  ['max-parallel', 'all', 'max-parallel: "all" is neither'],
  ['accessories', 'replace', 'accessories: "replace" is not one of leave, update.'],
  ['force', 'yes', 'force: "yes" is neither true nor false. Did you mean "true"?'],
  ['edge', 'nginx', 'edge: "nginx" is not one of caddy, none.'],
  ['edge', 'None', 'edge: "None" is not one of caddy, none. Did you mean "none"?'],
  ['strategy', 'ROLLING', 'Did you mean "rolling"?'],
  ['canary-too-few', 'goon', 'Did you mean "go-on"?'],
  ['before-release', 'web=', 'before-release: "web=" has no command for "web".'],
  ['before-release', '=x', 'before-release: "=x" has no service before the "=". Write service=command'],
  ['before-release', '= x', 'has no service before the "="'],
  ['after-release', 'web=', 'after-release: "web=" has no command for "web".'],
])('the deploy input %s is refused with the value %s', (name, text, message) => {
  expect(inputError('deploy', { [name]: text })).toContain(message);
});

describe('the input edge: none', () => {
  test.each([
    [
      { domains: 'a.example.com' },
      'domains: with edge: none, your own proxy serves the domains. Remove domains, or set edge: caddy.',
    ],
    [{ strategy: 'canary' }, 'strategy: with edge: none, no edge can select the visitors of a canary.'],
    [{ 'health-path': '/up' }, 'health-path: with edge: none, no edge can request the path.'],
  ])('refuses inputs that need the edge: %j', (given, message) => {
    expect(inputError('deploy', { edge: 'none', ...given })).toContain(message);
  });
});
