import { describe, expect, test } from '@jest/globals';
import { likeTheRunner, refusal, request } from './runner.ts';

likeTheRunner();
const options = (given: Readonly<Record<string, string>>) => request('deploy', given).options;

test('takes how traffic moves', () => {
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

test('takes commands of several lines', () => {
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

test('takes a number of hosts', () => {
  expect(options({ 'max-parallel': '3' }).waves).toEqual({ kind: 'hosts', atMost: 3 });
});

describe('a canary', () => {
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
  ])('has steps %s', (_, canary) => {
    expect(options({ strategy: 'canary', canary }).strategy).toEqual({ name: 'canary', steps });
  });

  test('is meant where only its steps are given', () => {
    expect(options({ canary: '5% 2m, 25% 5m, 100%' }).strategy).toEqual({ name: 'canary', steps });
  });

  test('has steps of its own where none are given', () => {
    expect(options({ strategy: 'canary' }).strategy).toEqual({ name: 'canary', steps });
  });

  test('may be watched at 100%, and take parts of a percent', () => {
    expect(options({ canary: '0.5% 10s, 100% 10m' }).strategy).toEqual({
      name: 'canary',
      steps: [
        { share: 0.005, duration: 10_000 },
        { share: 1, duration: 600_000 },
      ],
    });
  });

  test.each([
    ['5 2m, 100%', 'canary: "5 2m" is not a share above 0% and up to 100% with a time.'],
    ['0% 2m, 100%', 'canary: "0% 2m" is not a share above 0%'],
    ['120%', 'canary: "120%" is not a share above 0% and up to 100%'],
    ['5% 2m 3m, 100%', 'canary: "5% 2m 3m" is not a share'],
    ['5%, 100%', 'canary: "5%" has no time in which it is judged. Write shares'],
    ['5% 2, 100%', 'canary: "2" in "5% 2" is not a time of at most 24h.'],
    ['5% 25h, 100%', 'canary: "25h" in "5% 25h" is not a time of at most 24h.'],
    ['5% 0s, 100%', 'canary: in "5% 0s" nothing can be judged.'],
    ['5% 2m, 5% 3m, 100%', 'canary: "5% 3m" is not more than "5% 2m".'],
    ['5% 2m, 25%', 'canary: "25%" is the last step, and it must be 100%. Write shares'],
    [',', 'canary: a step is missing before a comma in ",".'],
    ['5% 2m,,100%', 'canary: a step is missing before a comma in "5% 2m,,100%".'],
    ['5% 2m\n,25% 5m\n100%', 'canary: a step is missing before a comma in ",25% 5m".'],
  ])('that says %p is refused', (canary, message) => {
    expect(refusal('deploy', { canary })).toContain(message);
  });

  test('has no steps where another strategy is named', () => {
    expect(refusal('deploy', { strategy: 'rolling', canary: '5% 2m, 100%' })).toBe(
      'canary: it has no effect with strategy: rolling. Leave one of them out, or set strategy: canary.',
    );
  });
});

test.each([
  ['canary-max-errors', '1', 'canary-max-errors: "1" is not a share from 0% to 100%, such as 1%.'],
  ['canary-max-errors', '101%', 'canary-max-errors: "101%" is not a share'],
  ['canary-max-errors', '-1%', 'canary-max-errors: "-1%" is not a share'],
  ['canary-max-latency-ratio', '0.9', 'canary-max-latency-ratio: "0.9" is not a number of 1 or more.'],
  ['canary-max-latency-ratio', '150%', 'canary-max-latency-ratio: "150%" is not a number'],
  ['canary-min-requests', '0', 'canary-min-requests: "0" is not a whole number of 1 or more.'],
  ['canary-too-few', 'wait', 'canary-too-few: "wait" is not one of go-on, fail.'],
  ['bake', '5', 'bake: "5" is not a duration. Write a number with its unit: "5s" for seconds.'],
  ['bake', '25h', 'bake: "25h" is out of range. Give at most 24h.'],
  ['max-parallel', '0', 'max-parallel: "0" is neither a number of hosts from 1 on nor a share of them'],
  ['max-parallel', '0%', 'max-parallel: "0%" is neither'],
  ['max-parallel', 'all', 'max-parallel: "all" is neither'],
  ['accessories', 'replace', 'accessories: "replace" is not one of leave, update.'],
  ['force', 'yes', 'force: "yes" is neither true nor false. Did you mean "true"?'],
  ['edge', 'nginx', 'edge: "nginx" is not one of caddy, none.'],
  ['edge', 'None', 'edge: "None" is not one of caddy, none. Did you mean "none"?'],
  ['strategy', 'ROLLING', 'Did you mean "rolling"?'],
  ['canary-too-few', 'goon', 'Did you mean "go-on"?'],
  ['before-release', 'web=', 'before-release: "web=" gives no command for "web".'],
  ['before-release', '=x', 'before-release: "=x" names no service before the "=". Write service=command'],
  ['before-release', '= x', 'names no service before the "="'],
  ['after-release', 'web=', 'after-release: "web=" gives no command for "web".'],
])('%s: %s is refused', (name, text, message) => {
  expect(refusal('deploy', { [name]: text })).toContain(message);
});

describe('edge: none', () => {
  test.each([
    [{ domains: 'a.example.com' }, 'domains: with edge: none your own proxy serves them.'],
    [{ strategy: 'canary' }, "strategy: a canary's visitors are chosen by the edge"],
    [{ 'health-path': '/up' }, 'health-path: it is asked from the edge'],
  ])('refuses what only the edge can do: %j', (given, message) => {
    expect(refusal('deploy', { edge: 'none', ...given })).toContain(message);
  });
});
