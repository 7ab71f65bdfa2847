import { expect, test } from '@jest/globals';
import { readWorkflowInputs } from '../../src/cli/workflow-inputs.ts';

const WORKFLOW = `
jobs:
  test:
    steps:
      - uses: actions/checkout@v7
  staging:
    steps:
      - uses: sealift/sealift@v1
        with:
          environment: staging
          hosts: \${{ vars.STAGING }}
  production:
    steps:
      - run: echo
      - uses: sealift/sealift/deploy@v1
        with:
          environment: production
          image: ghcr.io/\${{ github.repository }}:\${{ github.sha }}
          hosts: \${{ vars.HOSTS }}
          ssh-key: \${{ secrets.SSH_KEY }}
          keep: 3
          env: |
            DB=\${{ secrets.DB }}
            LEVEL=info
`;
const ALL = {
  variables: { HOSTS: 'ssh://a', DB: 'postgres', STAGING: 'ssh://s' },
  github: { repository: 'acme/shop', sha: 'abc' },
};
interface Asked {
  readonly job?: string | undefined;
  readonly given?: readonly string[];
  readonly values?: Parameters<typeof readWorkflowInputs>[5];
  readonly text?: string;
  readonly command?: Parameters<typeof readWorkflowInputs>[3];
}
const read = (asked: Asked = {}) => {
  const { job, given, values, text, command } = {
    job: 'production',
    command: 'deploy' as const,
    given: [],
    values: ALL,
    text: WORKFLOW,
    ...asked,
  };
  return Object.fromEntries(readWorkflowInputs(text, 'd.yml', job, command, new Set(given), values));
};

test('the inputs of a job, with variables in the place of vars and secrets; the own key need not be there', () => {
  expect(read()).toEqual({
    environment: 'production',
    image: 'ghcr.io/acme/shop:abc',
    hosts: 'ssh://a',
    keep: '3',
    env: 'DB=postgres\nLEVEL=info\n',
  });
});

test('what only GitHub knows is named, all of it, with the flags that can be given instead', () => {
  const nothing = { values: { variables: {}, github: {} } };
  expect(() => read(nothing)).toThrow(
    'd.yml, job production: these values are known to GitHub alone: github.repository and github.sha (--image), vars.HOSTS (--hosts), secrets.DB (--env). Set a variable of that name, or give the flag',
  );
  expect(read({ ...nothing, given: ['image', 'hosts', 'env'] })).toEqual({
    environment: 'production',
    keep: '3',
  });
});

test('an expression that computes something is known to GitHub alone', () => {
  expect(() => read({ text: WORKFLOW.replace('vars.HOSTS', "vars.HOSTS || 'x'") })).toThrow(
    "vars.HOSTS || 'x'",
  );
});

test('without a job, the only step of the same action counts, and otherwise the job must be named', () => {
  expect(read({ job: undefined })).toMatchObject({ environment: 'production' });
  const text = WORKFLOW.replace('sealift/sealift@v1', 'sealift/sealift/deploy@v1');
  expect(() => read({ job: undefined, text })).toThrow(
    '--job: missing. In d.yml, staging and production use Sealift',
  );
});

test('the main action is found among the others', () => {
  const gate = '- uses: sealift/sealift/gate@v1\n        with: { environment: other }\n      ';
  const text = WORKFLOW.replace('- uses: sealift/sealift@v1', `${gate}- uses: sealift/sealift@v1`);
  const inputs = { environment: 'staging', hosts: 'ssh://s' };
  expect(read({ command: 'deliver', job: 'staging', text })).toEqual(inputs);
  expect(read({ command: 'deliver', job: undefined, text })).toEqual(inputs);
});

test.each([
  ['test', 'no step of d.yml, job test uses Sealift. These do: staging and production.', WORKFLOW],
  [
    undefined,
    'A workflow that it calls has no values here',
    'jobs: { a: { uses: x/y/.github/workflows/z.yml@v1 } }',
  ],
  [undefined, 'd.yml: ', 'jobs: ['],
])('of the job %s it says: %s', (job, message, text) => {
  expect(() => read({ job, text })).toThrow(message);
});
