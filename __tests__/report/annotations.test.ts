import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, HostError, messageOf } from '../../src/model/errors.ts';
import { Problems } from '../../src/release/compose/problems.ts';
import { failureAnnotations } from '../../src/report/annotations.ts';
import type { Report } from '../../src/report/report.ts';
import type { WorkflowJob } from '../../src/report/workflow-place.ts';
import { hostName } from '../support/identifiers.ts';

const FILES: Readonly<Record<string, string>> = {
  'compose.yaml': 'services:\n  web:\n    image: web\n    ports:\n      - "80"\n',
  'compose.prod.yaml': 'volumes:\n  data:\n',
  '.github/workflows/deliver.yml': `on: push
jobs:
  build:
    steps:
      - uses: sealift/sealift/build@v1
      - uses: sealift/sealift/gate@v1
  deliver:
    environment: production
    steps:
      - uses: actions/checkout@v7
        with:
          hosts: of another action
      - name: Deliver
        uses: "sealift/sealift@v1"
        with:
          environment: production
          known-hosts: none
      - run: echo
        env:
          hosts: of a script
`,
};
const JOB: WorkflowJob = {
  workflowRef: 'octo/shop/.github/workflows/deliver.yml@refs/heads/main',
  repository: 'octo/shop',
  job: 'deliver',
  actionRepository: 'sealift/sealift',
};
const annotations = (
  error: unknown,
  report: Pick<Report, 'app' | 'environment'> = { app: 'shop', environment: 'production' },
  job: Partial<WorkflowJob> = {},
) =>
  failureAnnotations(error, `${messageOf(error)} Nothing was deployed.`, report, {
    isInput: (name) => ['known-hosts', 'compose-file', 'environment', 'hosts'].includes(name),
    workflowJob: { ...JOB, ...job },
    readText: (file) => FILES[file],
  });

/** The error for problems of these Compose files. */
function problemsError(
  ...problems: readonly (readonly [problem: string, ...path: readonly string[]])[]
): unknown {
  const found = new Problems(['compose.yaml', 'compose.prod.yaml']);
  for (const [problem, ...path] of problems) found.add(problem, ...path);
  try {
    found.throwIfAny();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the annotation of a failed run', () => {
  test('has the environment as its title, and says everything', () => {
    expect(annotations(new HostError(hostName('ssh://one'), 'it is gone.'))).toEqual([
      { message: 'ssh://one: it is gone. Nothing was deployed.', title: 'Sealift: shop → production' },
    ]);
  });

  test('names in its title only the environment if it is about no app', () => {
    const [one] = annotations(new Error('It failed.'), { app: undefined, environment: 'production' });
    expect(one?.title).toBe('Sealift: production');
  });

  test('has the input as its title if it is about one', () => {
    const [one, ...others] = annotations(new ConfigurationError('known-hosts: missing.'));
    expect(one?.title).toBe('Input known-hosts');
    expect(others).toEqual([]);
  });

  test.each<[string, string, Partial<WorkflowJob>, object]>([
    ['the line of the input', 'known-hosts', {}, { startLine: 17 }],
    ['the line of the input, not of a key of the job', 'environment', {}, { startLine: 16 }],
    ['the step that lacks it, not another one with such a key', 'hosts', {}, { startLine: 14 }],
    ['the file, if several steps could be meant', 'hosts', { job: 'build' }, {}],
    ['the file, if the job is in a reusable workflow', 'hosts', { job: 'production' }, {}],
    ['the file, if the runner does not say which action it is', 'hosts', { actionRepository: undefined }, {}],
  ])('about an input stands in the workflow, at %s', (_, input, job, place) => {
    expect(annotations(new ConfigurationError(`${input}: wrong.`), undefined, job)[0]).toEqual({
      ...{ message: `${input}: wrong. Nothing was deployed.`, title: `Input ${input}` },
      ...{ file: '.github/workflows/deliver.yml', ...place },
    });
  });

  test.each<[string, Partial<WorkflowJob>]>([
    ['a workflow of another repository', { repository: 'octo/other' }],
    ['a run outside GitHub Actions', { workflowRef: undefined }],
  ])('about an input stands nowhere for %s', (_, job) => {
    expect(annotations(new ConfigurationError('hosts: missing.'), undefined, job)).toEqual([
      { message: 'hosts: missing. Nothing was deployed.', title: 'Input hosts' },
    ]);
  });

  test('about an input stands in the workflow without a line if the checkout does not have it', () => {
    const job = { workflowRef: 'octo/shop/.github/workflows/other.yml@refs/heads/main' };
    expect(annotations(new ConfigurationError('hosts: missing.'), undefined, job)[0]).toMatchObject({
      file: '.github/workflows/other.yml',
    });
  });

  test('takes no other word before a colon for an input', () => {
    expect(
      annotations(new Error('url: it answered 503.'), { app: 'shop', environment: 'test' })[0]?.title,
    ).toBe('Sealift: shop → test');
  });

  test('stands in addition at the line of each of the first three problems of the Compose files', () => {
    const error = problemsError(
      ['compose-file: one', 'services', 'web', 'ports'],
      ['compose-file: two', 'volumes', 'data'],
      ['compose-file: three', 'services', 'web', 'deploy', 'replicas'],
      ['compose-file: four', 'services', 'web', 'image'],
    );
    const [main, ...atLines] = annotations(error);
    expect(main).toEqual({ message: expect.anything(), title: 'Input compose-file' });
    expect(atLines).toEqual([
      { message: 'compose-file: one', title: 'services.web.ports', file: 'compose.yaml', startLine: 4 },
      { message: 'compose-file: two', title: 'volumes.data', file: 'compose.prod.yaml', startLine: 2 },
      {
        ...{ message: 'compose-file: three', title: 'services.web.deploy.replicas' },
        ...{ file: 'compose.yaml', startLine: 2 },
      },
    ]);
  });

  test('stands at the line of the only problem, and says it once', () => {
    const problem = 'compose-file: one';
    expect(annotations(problemsError([problem, 'services', 'web', 'ports']))).toEqual([
      {
        ...{ message: `${problem} Nothing was deployed.`, title: 'Input compose-file' },
        ...{ file: 'compose.yaml', startLine: 4 },
      },
    ]);
  });

  test('stands at no line if the place is not known or not found', () => {
    expect(annotations(problemsError(['compose-file: one']))).toHaveLength(1);
    expect(annotations(problemsError(['compose-file: one', 'networks', 'net']))).toHaveLength(1);
  });
});
