import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { GitHubStandIn } from './support/github/stand-in.ts';
import { read } from './support/repository.ts';
import { dispatchEvent } from './support/runner/event.ts';
import type { StepDefinition } from './support/runner/workflow/definition.ts';
import { runWorkflow } from './support/runner/workflow/run-workflow.ts';
import type { WorkflowRun } from './support/runner/workflow/workflow-run.ts';
import { type Workspace, workspace } from './support/workspace.ts';

/**
 * Which jobs of deliver.yml run, whichever of them fails. Its jobs, their needs, conditions and environments are those of the file;
 * only its steps of Sealift are scripts here. e2e/workflows.test.ts runs them.
 */

const deliver: {
  readonly on: { readonly workflow_call: { readonly inputs: object } };
  readonly jobs: Readonly<Record<string, { readonly steps: readonly StepDefinition[] }>>;
} = parse(read('.github/workflows/deliver.yml'));

let origin: Workspace;
let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start();
  origin = await workspace({ files: {} });
});
afterAll(async () => {
  await github.close();
  await origin.remove();
});

/** Runs it with these inputs. The Sealift step of the job that fails, fails. */
async function run(
  inputs: Readonly<Record<string, string>>,
  fails = '',
  approve = true,
): Promise<WorkflowRun> {
  const jobs = Object.entries(deliver.jobs).map(([id, job]) => {
    const steps = job.steps.map((step): StepDefinition => {
      if (step.uses?.startsWith('sealift/') !== true) return step;
      const { uses: _, with: given, ...others } = step;
      const script = `echo image=i@sha256:1 >> "$GITHUB_OUTPUT"
        echo "environment-url=https://$GIVEN_environment.test" >> "$GITHUB_OUTPUT"
        test ${id} != "${fails}" && echo "deploys $GIVEN_image"`;
      const variables = Object.entries(given ?? {}).map(([name, value]) => [`GIVEN_${name}`, value]);
      return { ...others, run: script, env: Object.fromEntries(variables) };
    });
    return [id, { ...job, steps }];
  });
  const { inputs: declared } = deliver.on.workflow_call;
  const text = {
    ...deliver,
    on: { workflow_dispatch: { inputs: declared } },
    jobs: Object.fromEntries(jobs),
  };
  const sent = { sha: origin.sha, repository: 'octo/shop', actor: 'mona', ref: 'refs/heads/main' };
  return await runWorkflow(stringify(text), {
    github,
    origin: origin.path,
    job: { ...sent, event: dispatchEvent(sent, inputs) },
    settings: { environments: { staging: {}, production: { approve: () => approve } } },
    machine: {},
    inputs: () => ({}),
  });
}

const ALL = { build: 'success', staging: 'success', check: 'success', production: 'success' };

test('production gets the image that was built, after staging and its check, and the check knows the URL of staging', async () => {
  const jobs = await run({ check: 'echo "checks $URL"' });
  expect(jobs.results).toEqual(ALL);
  expect(jobs.log('check')).toContain('checks https://staging.test');
  for (const name of ['staging', 'production']) expect(jobs.log(name)).toContain('deploys i@sha256:1');
});

test('without a check production follows staging', async () => {
  expect((await run({})).results).toEqual({ ...ALL, check: 'skipped' });
});

test.each([
  ['the build', 'build', {}, { staging: 'skipped', check: 'skipped', production: 'skipped' }],
  ['the deploy to staging', 'staging', {}, { check: 'skipped', production: 'skipped' }],
  [
    'the deploy to staging, before a check,',
    'staging',
    { check: 'true' },
    { check: 'skipped', production: 'skipped' },
  ],
])('if %s fails nothing goes to production', async (_, fails, inputs, others) => {
  expect((await run(inputs, fails)).results).toEqual({ ...ALL, [fails]: 'failure', ...others });
});

test('if the check fails nothing goes to production', async () => {
  const { results } = await run({ check: 'false' });
  expect(results).toEqual({ ...ALL, check: 'failure', production: 'skipped' });
});

test('without an approval nothing goes to production', async () => {
  const jobs = await run({}, '', false);
  expect(jobs.job('production')).toMatchObject({ result: 'failure', steps: [] });
});

test('one group per app and environment keeps deploys apart, and none is of the whole run', async () => {
  const groups = async (inputs: Readonly<Record<string, string>>) =>
    (await run(inputs)).jobs.flatMap(({ group }) => group ?? []);
  expect(await groups({})).toEqual(['sealift-shop-staging', 'sealift-shop-production']);
  expect(await groups({ app: 'api' })).toEqual(['sealift-api-staging', 'sealift-api-production']);
  expect(deliver).not.toHaveProperty('concurrency');
});
