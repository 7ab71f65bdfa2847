import { expect, test } from '@jest/globals';
import { checkApproval } from '../../src/gate/check-approval.ts';
import { OPTIONS, useGateJob } from './job.ts';

const job = useGateJob({ description: 'ghes-3.19', prefix: '/api/v3' });

// It has no job.check_run_id (docs.github.com, "Contexts reference").
test('on GitHub Enterprise Server the approval is checked by its own API and an OIDC token', async () => {
  const { github, context } = job.current;
  github.idTokenClaims = { environment: 'production' };
  process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = github.idTokenUrl;
  process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqb2IifQ.c2ln';
  expect(
    await checkApproval('production', 'deploy', { ...OPTIONS, checkRunId: undefined }, context),
  ).toMatchObject({
    kind: 'approved',
    approvers: [{ login: 'hubot' }],
  });
  expect(new Set(github.requests)).toEqual(
    new Set([
      'GET /api/v3/repos/octo/shop/environments/production',
      'GET /api/v3/repos/octo/shop/actions/runs/4711/approvals',
      'GET /idtoken?api-version=2.0&audience=sealift',
    ]),
  );
});
