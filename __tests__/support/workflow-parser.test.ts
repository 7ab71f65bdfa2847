import { beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { loadVerdicts, type Verdicts } from './workflow-parser.ts';

let verdicts: Verdicts;
beforeAll(async () => {
  verdicts = await loadVerdicts();
});

const CALLED = stringify({
  on: {
    workflow_call: {
      inputs: { environment: { type: 'string', required: true } },
      secrets: { SSH_KEY: { required: true } },
    },
  },
  jobs: { a: { 'runs-on': 'ubuntu-latest', steps: [{ run: 'true' }] } },
});
const job = (more: object) => ({ 'runs-on': 'ubuntu-latest', steps: [{ run: 'true' }], ...more });
const call = (given: object, secrets: object = { SSH_KEY: '${{ secrets.SSH_KEY }}' }) => ({
  ...{ uses: 'sealift/sealift/.github/workflows/x.yml@v1', with: given, secrets },
});
const verdict = (jobs: object): Promise<string[]> =>
  verdicts.workflow('caller.yml', stringify({ on: 'push', jobs }), () => CALLED);

test('a caller that gives what a reusable workflow asks for is accepted', async () => {
  expect(await verdict({ a: call({ environment: 'staging' }) })).toEqual([]);
});

test.each<[string, object, RegExp]>([
  ['an unknown input', { a: call({ environment: 'x', hots: 'x' }) }, /hots.*not defined/],
  ['a missing input', { a: call({}) }, /environment is required/],
  ['a missing secret', { a: call({ environment: 'x' }, {}) }, /SSH_KEY is required/],
  ['an unknown secret', { a: call({ environment: 'x' }, { SSH_KEY: 'x', KEY: 'x' }) }, /Invalid secret, KEY/],
  [
    'a job that waits for none that exists',
    { a: job({ needs: 'b' }), c: job({}) },
    /depends on unknown job 'b'/,
  ],
  ['an expression with a syntax error', { a: job({ env: { A: '${{ github.sha || }}' } }) }, /expression/],
  ['a context that is not available there', { a: job({ environment: '${{ secrets.A }}' }) }, /secrets/],
])('%s is refused', async (_, jobs, message) => {
  expect((await verdict(jobs)).join('\n')).toMatch(message);
});
