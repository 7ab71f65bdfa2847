import { expect, test } from '@jest/globals';
import { checkApproval } from '../../src/gate/check-approval.ts';
import { OPTIONS, useGateJob } from './job.ts';

const job = useGateJob();

// @actions/github reads the variables when it is loaded, so this is a file of its own.
test('GitHub is asked through the proxy of the runner', async () => {
  const { github, context } = job.current;
  process.env['GITHUB_API_URL'] = 'http://github.example.com/api/v3';
  process.env['http_proxy'] = github.url;
  github.addEnvironment('production');
  await expect(checkApproval('production', 'deploy', OPTIONS, context)).rejects.toThrow();
  expect(github.tunnels).toEqual(['github.example.com:80']);
  expect(github.problems.splice(0)).toEqual([
    "GET /api/v3/repos/octo/shop/environments/production is not in GitHub's API",
  ]);
});
