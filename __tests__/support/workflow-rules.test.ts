import { expect, test } from '@jest/globals';
import { brokenLimits, brokenRules } from './workflow-rules.ts';

const SHA = '3d3c42e5aac5ba805825da76410c181273ba90b1';
const workflow = (steps: string, more = ''): string => `on: push
permissions: { contents: read }
jobs:
  job:
    runs-on: ubuntu-latest
    timeout-minutes: 10
${more}    steps:
${steps}
`;
const GOOD = workflow(`      - uses: actions/checkout@${SHA} # v7.0.1
        with:
          persist-credentials: false
      - run: echo "$REF"
        env:
          REF: \${{ github.ref }}
      - uses: sealift/sealift/deploy@v1
      - uses: ./build`);

test('a workflow that holds to the rules breaks none', () => {
  expect([...brokenRules(GOOD), ...brokenLimits(GOOD)]).toEqual([]);
});

test.each<[string, string, readonly string[]]>([
  [
    'an action by its tag',
    workflow('      - uses: actions/setup-node@v7'),
    ['not pinned to a commit: actions/setup-node@v7'],
  ],
  [
    'an action by a commit without its version',
    workflow(`      - uses: actions/setup-node@${SHA}`),
    [`not pinned to a commit: actions/setup-node@${SHA}`],
  ],
  [
    'an action of others that has a name like ours',
    workflow('      - uses: sealift/sealifts@v1'),
    ['not pinned to a commit: sealift/sealifts@v1'],
  ],
  [
    'an expression in a script',
    workflow('      - run: |\n          true\n          echo ${{ github.head_ref }}'),
    ['job: an expression in a script: true'],
  ],
  [
    'a checkout that keeps the token',
    workflow(`      - uses: actions/checkout@${SHA} # v7.0.1`),
    ['job: the token stays in the checkout'],
  ],
  [
    'no permissions',
    GOOD.replace('permissions: { contents: read }', ''),
    ['permissions: not declared for the workflow, as a list'],
  ],
  [
    'all permissions',
    GOOD.replace('{ contents: read }', 'write-all'),
    ['permissions: not declared for the workflow, as a list'],
  ],
  [
    'a job with all permissions',
    workflow('      - run: "true"', '    permissions: write-all\n'),
    ['job: permissions: write-all'],
  ],
  [
    'a permission to write for all jobs',
    GOOD.replace('{ contents: read }', '{ contents: read, packages: write }'),
    ['permissions: packages: write is for all jobs'],
  ],
  [
    'a runner that there is not',
    GOOD.replace('ubuntu-latest', 'ubuntu-newest'),
    ['job: there is no runner ubuntu-newest'],
  ],
  [
    'a matrix in which there is no such runner',
    GOOD.replace(
      'runs-on: ubuntu-latest',
      'runs-on: ${{ matrix.runner }}\n    strategy: { matrix: { runner: [macos-latest, macos-newest] } }',
    ),
    ['job: there is no runner macos-newest'],
  ],
  [
    'code of a fork with our secrets',
    GOOD.replace('on: push', 'on: [push, pull_request_target]'),
    ['pull_request_target gives code of a fork our secrets'],
  ],
  [
    'code of a fork with our secrets, later',
    GOOD.replace('on: push', 'on: { workflow_run: { workflows: [CI] } }'),
    ['workflow_run gives code of a fork our secrets'],
  ],
])('a workflow with %s breaks a rule', (_, text, broken) => {
  expect(brokenRules(text)).toEqual(broken);
});

test('a job without a limit of time is found, unless others call the workflow', () => {
  const unlimited = GOOD.replace('    timeout-minutes: 10\n', '');
  expect(brokenLimits(unlimited)).toEqual(['job: timeout-minutes is not set, or over 60']);
  expect(brokenLimits(GOOD.replace('10', '90'))).toEqual(['job: timeout-minutes is not set, or over 60']);
  expect(brokenLimits(unlimited.replace('on: push', 'on: workflow_call'))).toEqual([]);
});
