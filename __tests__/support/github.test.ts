import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GitHubStandIn } from './github/stand-in.ts';

let github: GitHubStandIn;
beforeEach(async () => {
  github = await GitHubStandIn.start();
  github.addEnvironment('production', { reviewers: ['@hubot', 'octo/ops'], waitMinutes: 5 });
});
afterEach(() => github.close());

const get = (path: string): Promise<Response> => fetch(`${github.url}${path}`);
const COMPARE = `/repos/octo/shop/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`;

describe('the stand-in for GitHub', () => {
  test('answers as the description of the API says', async () => {
    github.addReview('production', 'hubot');
    github.checkRuns.set(1, 'production').set(2, undefined);
    github.runs.set(4711, { attempt: 2, status: 'completed' });
    for (const path of [
      'environments/production',
      'check-runs/1',
      'check-runs/2',
      'actions/runs/4711',
      'actions/runs/1/approvals',
    ])
      expect((await get(`/repos/octo/shop/${path}`)).status).toBe(200);
    for (const relation of ['ahead', 'behind', 'identical', 'diverged'] as const) {
      github.relate = () => relation;
      expect((await get(COMPARE)).status).toBe(200);
    }
    expect((await get('/repos/octo/shop/environments/qa')).status).toBe(404);
    expect(github.problems).toEqual([]);
  });

  test.each([
    ['/repos/octo/shop/deployments', "GET /repos/octo/shop/deployments is not in GitHub's API"],
    ['/repos/octo/shop/environments/a/b', "GET /repos/octo/shop/environments/a/b is not in GitHub's API"],
    ['/repos/octo/shop/check-runs/main', 'checks/get: check_run_id is no integer'],
    ['/repos/octo/shop/environments/production?page=2', 'repos/get-environment has no parameter page'],
    [`${COMPARE}?per_page=many`, 'repos/compare-commits-with-basehead: per_page is no integer'],
  ])('finds what GitHub would not accept: %s', async (path, problem) => {
    await get(path);
    expect(github.problems.splice(0)).toEqual([problem]);
  });

  test('keeps the comments of a pull request', async () => {
    const comments = '/repos/octo/shop/issues/7/comments';
    const send = (method: string, path: string, body: unknown): Promise<Response> =>
      fetch(`${github.url}${path}`, { method, body: JSON.stringify(body) });
    expect((await send('POST', comments, { body: 'first' })).status).toBe(201);
    expect((await send('PATCH', '/repos/octo/shop/issues/comments/1', { body: 'second' })).status).toBe(200);
    expect((await send('PATCH', '/repos/octo/shop/issues/comments/2', { body: 'x' })).status).toBe(404);
    expect(await (await get(`${comments}?per_page=100&page=1`)).json()).toMatchObject([
      { id: 1, body: 'second', user: { type: 'Bot' } },
    ]);
    expect(github.problems).toEqual([]);
    await send('POST', comments, { text: 'x' });
    expect(github.problems.splice(0)).toContain("issues/create-comment:  must have required property 'body'");
  });

  test('finds what GitHub would not answer', async () => {
    github.addEnvironment('production', { id: Number.NaN });
    await get('/repos/octo/shop/environments/production');
    expect(github.problems.splice(0)).toContain('repos/get-environment 200: /id must be integer');
  });

  test('fails the test that asked for anything else', async () => {
    await get('/user');
    await expect(github.close()).rejects.toThrow("Not GitHub's API:\nGET /user is not in GitHub's API");
    github = await GitHubStandIn.start();
  });
});
