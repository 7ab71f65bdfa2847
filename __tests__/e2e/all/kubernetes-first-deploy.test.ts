/**
 * The first deploy of docs/kubernetes.md, followed to the letter: its blocks are run as they are, against a real cluster. Only GitHub
 * is stood in for, and its registry by that of the lab.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labWithKubernetes } from '../../support/lab.ts';
import { until } from '../../support/patience.ts';
import { runWorkflow } from '../../support/runner/workflow/run-workflow.ts';
import type { WorkflowRun } from '../../support/runner/workflow/workflow-run.ts';
import { fencedBlocks, Stranger } from '../../support/stranger.ts';

const lab = await labWithKubernetes();
const [makeAccount = '', writeKubeconfig = '', makeEnvironment = '', askApp = ''] = fencedBlocks(
  'docs/kubernetes.md',
  'sh',
);
const yaml = (words: string): string =>
  fencedBlocks('docs/kubernetes.md', 'yaml').find((block) => block.includes(words)) ?? '';
const quickStart = (language: string): string => fencedBlocks('docs/quick-start.md', language)[0] ?? '';
const app = {
  'server.js': quickStart('js'),
  Dockerfile: quickStart('dockerfile'),
  'k8s/web.yaml': yaml('kind: Deployment'),
};
let stranger: Stranger;

beforeAll(async () => {
  await lab.kubectl('delete', 'namespace', 'shop', '--ignore-not-found');
  stranger = await Stranger.with(
    { ...app, 'role.yaml': yaml('kind: Role\n') },
    {
      KUBECONFIG: join(lab.folder, 'kubernetes/admin.conf'),
      PATH: `${join(lab.folder, 'bin')}:${process.env['PATH']}`,
    },
  );
});
afterAll(async () => {
  await lab.kubectl('delete', 'namespace', 'shop', '--wait=false');
  await stranger[Symbol.asyncDispose]();
});

async function deliver(): Promise<WorkflowRun> {
  const { address, username, password } = lab.registry;
  const secrets = { KUBECONFIG: await stranger.kept('staging.KUBECONFIG'), REGISTRY_TOKEN: password };
  return await runWorkflow(yaml('sealift/build@v1'), {
    origin: stranger.checkout.path,
    job: { sha: stranger.checkout.sha },
    settings: { environments: { staging: { secrets, variables: { REGISTRY_USER: username } } } },
    machine: lab.runnerEnvironment,
    // In place of ghcr.io and the job's token.
    inputs: (command): Record<string, string> =>
      command === 'build'
        ? {
            image: `${address}/first/deploy`,
            'registry-username': username,
            'registry-password': password,
          }
        : {},
  });
}

test('the account is made, and its token comes', async () => {
  await stranger.type(makeAccount);
  const token = () =>
    stranger.type("kubectl --namespace shop get secret sealift-token --output 'jsonpath={.data.token}'");
  await until('the token is there', async () => (await token()) !== '');
});

test('its kubeconfig works, has no login of the administrator, and is for its owner only', async () => {
  await stranger.type(`${writeKubeconfig.trimEnd()} 2>said`);
  expect(await stranger.type('cat said')).toBe('No resources found in shop namespace.\n');
  expect(await stranger.type('cat kubeconfig')).not.toContain('client-key');
  expect((await stat(join(stranger.checkout.path, 'kubeconfig'))).mode & 0o777).toBe(0o600);
});

test('the environment gets it, and it does not stay on the machine', async () => {
  await stranger.type(makeEnvironment);
  expect(await stranger.kept('staging.KUBECONFIG')).toContain('kind: Config');
  expect(await stranger.type('ls')).not.toContain('kubeconfig');
});

test('the workflow delivers, and the app answers', async () => {
  const run = (await deliver()).succeeded();
  expect(run.results).toEqual({ build: 'success', staging: 'success' });
  expect(await stranger.type(askApp)).toBe('Hello from version 1\n');
});

test('a version that crashes fails, and the one before answers', async () => {
  await stranger.checkout.commit({ 'server.js': `${app['server.js']}process.exit(1);\n` });
  const run = await deliver();
  expect(run.results).toEqual({ build: 'success', staging: 'failure' });
  expect(run.log('staging')).toMatch(
    /web did not converge: .*web ended with exit code 1.* is live again, wholly/s,
  );
  expect(await stranger.type(askApp)).toBe('Hello from version 1\n');
});
