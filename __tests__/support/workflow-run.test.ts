import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GitHubStandIn } from './github/stand-in.ts';
import { dispatchEvent } from './runner/event.ts';
import { runWorkflow, type WorkflowOptions } from './runner/workflow/run-workflow.ts';
import type { Settings } from './runner/workflow/settings.ts';
import type { WorkflowRun } from './runner/workflow/workflow-run.ts';
import { type Workspace, workspace } from './workspace.ts';

/** The harness that runs workflows, on workflows of scripts alone. */

let origin: Workspace;
let github: GitHubStandIn;
beforeAll(async () => {
  github = await GitHubStandIn.start();
  origin = await workspace({ files: { 'greeting.txt': 'hello\n' } });
});
afterAll(async () => {
  await github.close();
  await origin.remove();
});

function run(
  text: string,
  settings: Settings = {},
  job: Partial<WorkflowOptions['job']> = {},
  read?: (path: string) => string,
): Promise<WorkflowRun> {
  return runWorkflow(text, {
    ...(read === undefined ? {} : { read }),
    github,
    origin: origin.path,
    job: { sha: origin.sha, ...job },
    settings,
    machine: {},
    inputs: () => ({}),
  });
}

describe('the steps of a job', () => {
  test('run in the checkout, with the variables of the workflow, the job and the step', async () => {
    const said = await run(
      `
      on: push
      env: { WHO: workflow, A: 1 }
      jobs:
        say:
          env: { WHO: job, B: '\${{ vars.B }}' }
          steps:
            - uses: actions/checkout@v1
            - run: echo "$(cat greeting.txt) $WHO $A $B $GITHUB_REPOSITORY"
              env: { WHO: '\${{ github.actor }}' }`,
      { variables: { B: '2' } },
    );
    expect(said.log('say')).toBe('hello mona 1 2 octo/shop');
  });

  test('hand outputs and variables on, and end at the first failure unless their condition says otherwise', async () => {
    const jobs = await run(`
      on: push
      jobs:
        one:
          outputs: { greeting: '\${{ steps.make.outputs.greeting }}!' }
          steps:
            - id: make
              run: |
                echo greeting=hello >> "$GITHUB_OUTPUT"
                echo FROM=make >> "$GITHUB_ENV"
            - run: test "$FROM" = make && false
            - run: echo never
            - if: failure()
              run: echo cleaned
            - if: \${{ always() && steps.make.outcome == 'success' }}
              run: echo always
        two: { needs: one, steps: [{ run: echo never }] }
        three:
          needs: one
          if: always() && needs.one.result == 'failure'
          steps: [{ run: 'echo "$SAID"', env: { SAID: '\${{ needs.one.outputs.greeting }}' } }]`);
    expect(jobs.results).toEqual({ one: 'failure', two: 'skipped', three: 'success' });
    expect(jobs.job('one').steps.map(({ conclusion }) => conclusion)).toEqual([
      ...['success', 'failure', 'skipped', 'success', 'success'],
    ]);
    expect(jobs.log('three')).toBe('hello!');
  });

  test('a skipped ancestor skips a job that does not ask for the status itself', async () => {
    const jobs = await run(`
      on: push
      jobs:
        one: { if: "false", steps: [{ run: echo }] }
        two: { needs: one, if: "!cancelled()", steps: [{ run: echo }] }
        three: { needs: two, steps: [{ run: echo }] }
        four: { needs: [one, two], if: "!failure() && needs.two.result == 'success'", steps: [{ run: echo }] }`);
    expect(jobs.results).toEqual({ one: 'skipped', two: 'success', three: 'skipped', four: 'success' });
  });
});

describe('an environment', () => {
  const text = `
    on: push
    jobs:
      deploy:
        environment: { name: '\${{ vars.TO }}', url: 'https://\${{ steps.a.outputs.host }}' }
        concurrency: { group: 'on-\${{ vars.TO }}' }
        steps:
          - id: a
            run: echo "host=$HOST" >> "$GITHUB_OUTPUT"; echo "key $KEY and \${#KEY}"
            env: { HOST: '\${{ vars.HOST }}', KEY: '\${{ secrets.KEY }}' }`;
  const settings = (approve: () => boolean): Settings => ({
    variables: { TO: 'live', HOST: 'of-the-repository' },
    secrets: { KEY: 'repository-key' },
    environments: { live: { variables: { HOST: 'live.test' }, secrets: { KEY: 'live-key' }, approve } },
  });

  test('gives its own secrets and variables to its jobs, and hides the secrets in the log', async () => {
    const jobs = await run(
      text,
      settings(() => true),
    );
    expect(jobs.job('deploy')).toMatchObject({
      result: 'success',
      environment: { name: 'live', url: 'https://live.test' },
      group: 'on-live',
    });
    expect(jobs.log('deploy')).toBe('key *** and 8');
  });

  test('runs nothing without the approval that it requires', async () => {
    const jobs = await run(
      text,
      settings(() => false),
    );
    expect(jobs.job('deploy')).toMatchObject({ result: 'failure', steps: [] });
  });

  test('must exist', async () => {
    await expect(run(text, { variables: { TO: 'typo' } })).rejects.toThrow('no environment "typo"');
  });
});

describe('a called workflow', () => {
  const called = `
    on:
      workflow_call:
        inputs: { to: { type: string, required: true }, dry: { type: boolean } }
        secrets: { KEY: { required: true }, OTHER: {} }
        outputs: { said: { value: 'it says \${{ jobs.say.outputs.said }}' } }
    jobs:
      say:
        environment: \${{ inputs.to }}
        outputs: { said: '\${{ steps.say.outputs.said }}' }
        steps:
          - id: say
            run: echo "said=$TO $DRY \${#KEY} \${#OTHER}" >> "$GITHUB_OUTPUT"
            env:
              TO: \${{ inputs.to }}
              DRY: \${{ inputs.dry }}
              KEY: \${{ secrets.KEY }}
              OTHER: \${{ secrets.OTHER }}`;
  const caller = (secrets: string): string => `
    on: push
    jobs:
      call: { uses: sealift/sealift/.github/workflows/x.yml@v1, with: { to: live }, secrets: ${secrets} }
      after: { needs: call, steps: [{ run: 'echo "$SAID"', env: { SAID: '\${{ needs.call.outputs.said }}' } }] }`;
  const settings = { environments: { live: { secrets: { KEY: 'of-live', OTHER: 'other-of-live' } } } };

  test.each([
    ["{ KEY: '${{ secrets.KEY }}' }", 7, 0],
    ['inherit', 7, 13],
    ['{}', 0, 0],
  ])('sees of its environment the secrets that its caller passes: %s', async (secrets, key, other) => {
    const jobs = await run(caller(secrets), settings, {}, () => called);
    expect(jobs.results).toEqual({ 'call / say': 'success', after: 'success' });
    expect(jobs.log('after')).toBe(`it says live false ${key} ${other}`);
  });

  test('must be given what it requires', async () => {
    const without = caller('{}').replace('with: { to: live }, ', '');
    await expect(run(without, settings, {}, () => called)).rejects.toThrow('The input to is required.');
  });
});

test('inputs of a person arrive by type, with their defaults', async () => {
  const sent = { sha: origin.sha, repository: 'octo/shop', actor: 'mona', ref: 'refs/heads/main' };
  const said = await run(
    `
    on: { workflow_dispatch: { inputs: { to: { type: string }, dry: { type: boolean, default: true }, more: { default: x } } } }
    jobs:
      say:
        steps:
          - if: inputs.dry
            run: echo "$TO $MORE"
            env: { TO: '\${{ inputs.to }}', MORE: '\${{ inputs.more }}' }`,
    {},
    { event: dispatchEvent(sent, { to: 'here' }) },
  );
  expect(said.log('say')).toBe('here x');
});

test.each([
  ['strategy', 'on: push\njobs: { a: { strategy: { matrix: { x: [1] } }, steps: [] } }'],
  ['continue-on-error', 'on: push\njobs: { a: { steps: [{ run: x, continue-on-error: true }] } }'],
])('what the harness does not act on is refused: %s', async (key, text) => {
  await expect(run(text)).rejects.toThrow(`does not act on ${key}`);
});
