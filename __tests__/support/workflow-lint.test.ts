import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { mistakesIn } from './workflow-lint.ts';

const CALLED = stringify({
  on: { workflow_call: { secrets: { KEY: { required: true } } } },
  permissions: {},
  jobs: { one: { permissions: { packages: 'write' } }, two: { permissions: { contents: 'read' } } },
});
const mistakes = (jobs: object, on: unknown = 'push'): string[] =>
  mistakesIn(stringify({ on, permissions: {}, jobs }), () => CALLED);

const build = {
  outputs: { image: '${{ steps.build.outputs.image }}' },
  steps: [{ id: 'build', uses: 'sealift/sealift/build@v1' }],
};
const deploy = (given: object = {}) => ({
  id: 'deploy',
  uses: 'sealift/sealift/deploy@v1',
  with: {
    environment: 'production',
    image: '${{ needs.build.outputs.image }}',
    hosts: 'unix:///a',
    ...given,
  },
});
const call = (more: object) => ({ uses: 'sealift/sealift/.github/workflows/x.yml@v1', ...more });

test('a workflow without mistakes has none', () => {
  const jobs = {
    build,
    live: { needs: 'build', steps: [deploy()] },
    again: call({
      permissions: { packages: 'write', contents: 'read' },
      secrets: { KEY: '${{ secrets.KEY }}' },
    }),
  };
  expect(mistakes(jobs)).toEqual([]);
});

describe('is found:', () => {
  test.each<[string, object, string]>([
    [
      'an input that Sealift does not have',
      { a: { needs: 'build', steps: [deploy({ hots: 'x' })] }, build },
      'a: sealift/sealift/deploy@v1 has no input hots',
    ],
    [
      'a required input that is missing',
      { a: { steps: [{ uses: 'sealift/sealift/status@v1', with: { hosts: 'unix:///a' } }] } },
      'a: sealift/sealift/status@v1 lacks the input environment',
    ],
    [
      'an output of a job that is not waited for',
      { build, a: { steps: [deploy()] } },
      'a: needs.build is not in needs',
    ],
    [
      'an output that the job does not have',
      { build: { steps: build.steps }, a: { needs: ['build'], steps: [deploy()] } },
      'a: build has no output image',
    ],
    [
      'a job in a condition that is not waited for',
      { build, a: { if: "needs.build.result == 'success'", steps: [] } },
      'a: needs.build is not in needs',
    ],
    [
      'an output of a later step',
      {
        a: {
          steps: [
            { run: 'true', env: { A: '${{ steps.b.outputs.c }}' } },
            { id: 'b', run: 'true' },
          ],
        },
      },
      'a: no step before has the id b',
    ],
    [
      'an output that Sealift does not have',
      { build: { ...build, outputs: { image: '${{ steps.build.outputs.imgae }}' } } },
      'build: sealift/sealift/build@v1 has no output imgae',
    ],
    [
      'an input that the workflow does not declare',
      { a: { steps: [{ if: 'inputs.x', run: 'true' }] } },
      'a: there is no input x',
    ],
    [
      'a permission that a called workflow needs',
      { a: call({ permissions: { packages: 'read', contents: 'read' } }) },
      'a: .github/workflows/x.yml needs the permission packages: write',
    ],
    [
      'secrets that another organization does not get',
      { a: call({ permissions: { packages: 'write', contents: 'read' }, secrets: 'inherit' }) },
      'a: secrets: inherit passes nothing to a workflow of another organization',
    ],
  ])('%s', (_, jobs, mistake) => {
    expect(mistakes(jobs)).toEqual([mistake]);
  });

  test('a secret that a reusable workflow reads and does not declare', () => {
    const steps = [{ run: 'true', env: { A: '${{ secrets.KEY }}', B: '${{ secrets.OTHER }}' } }];
    expect(mistakes({ a: { steps } }, { workflow_call: { secrets: { KEY: {} } } })).toEqual([
      'a: the secret OTHER is not declared, so no caller can pass it',
    ]);
  });
});
