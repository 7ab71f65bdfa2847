/**
 * The first deploy of docs/swarm.md, followed to the letter: its blocks are run as they are, on two real servers. Only GitHub is stood
 * in for, and its registry by that of the lab. The two steps of the quick start that it begins with have a test of their own.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labWith, serverOf } from '../../support/lab.ts';
import { runWorkflow } from '../../support/runner/workflow/run-workflow.ts';
import type { WorkflowRun } from '../../support/runner/workflow/workflow-run.ts';
import { fencedBlocks, Stranger } from '../../support/stranger.ts';
import { leaveSwarm } from '../../support/swarm.ts';

const lab = await labWith(2, { builds: true });
const [manager, worker] = [serverOf(lab, 0), serverOf(lab, 1)];
const [makeSwarm = '', makeEnvironment = ''] = fencedBlocks('docs/swarm.md', 'sh');
const yaml = (words: string): string =>
  fencedBlocks('docs/swarm.md', 'yaml').find((block) => block.includes(words)) ?? '';
const quickStart = (language: string): string => fencedBlocks('docs/quick-start.md', language)[0] ?? '';
const app = {
  'server.js': quickStart('js'),
  Dockerfile: quickStart('dockerfile'),
  'compose.yaml': yaml('services:'),
};
const SERVICE = 'shop-staging_web';
let stranger: Stranger;

beforeAll(async () => {
  await leaveSwarm(lab);
  stranger = await Stranger.with(app, { SERVER: manager.address });
  // What the steps of the quick start leave.
  const left = { sealift: lab.ssh.key, 'sealift.pub': '', known_hosts: lab.ssh.knownHosts };
  for (const [name, text] of Object.entries(left)) await writeFile(join(stranger.checkout.path, name), text);
});
afterAll(async () => {
  await lab.run('in', manager.name, 'docker', 'stack', 'rm', 'shop-staging');
  await leaveSwarm(lab);
  await stranger[Symbol.asyncDispose]();
});

async function deliver(): Promise<WorkflowRun> {
  const { address, username, password } = lab.registry;
  const kept = (name: string) => stranger.kept(`staging.${name}`);
  const [key, knownHosts, at] = [await kept('SSH_KEY'), await kept('KNOWN_HOSTS'), await kept('MANAGER')];
  const secrets = { SSH_KEY: key, REGISTRY_TOKEN: password };
  const variables = { KNOWN_HOSTS: knownHosts, MANAGER: at, REGISTRY_USER: username };
  return await runWorkflow(yaml('sealift/build@v1'), {
    origin: stranger.checkout.path,
    job: { sha: stranger.checkout.sha },
    settings: { environments: { staging: { secrets, variables } } },
    machine: lab.runnerEnvironment,
    // In place of ghcr.io and the job's token.
    inputs: (command): Record<string, string> =>
      command === 'build'
        ? {
            image: `${address}/first/swarm`,
            'registry-username': username,
            'registry-password': password,
          }
        : {},
  });
}

/** What each task answers, asked in its own container: this kernel has no routing mesh. */
async function answers(): Promise<readonly string[]> {
  const ASK = "fetch('http://localhost:3000/').then((answer) => answer.text()).then(console.log)";
  const found: string[] = [];
  for (const { name } of lab.servers) {
    const docker = (...args: readonly string[]) => lab.run('in', name, 'docker', ...args);
    const filter = `label=com.docker.swarm.service.name=${SERVICE}`;
    const ids = (await docker('ps', '--quiet', '--filter', filter)).split('\n').filter((id) => id !== '');
    for (const id of ids) found.push((await docker('exec', id, 'node', '-e', ASK)).trim());
  }
  return found;
}

test('the swarm is made, and the command that it prints adds the other server', async () => {
  const init = makeSwarm.replaceAll('203.0.113.10', manager.address);
  const said = await lab.run('in', manager.name, 'sh', '-c', init);
  const join = said.split('\n').find((line) => line.includes('docker swarm join --token')) ?? 'false';
  await lab.run('in', worker.name, 'sh', '-c', join);
  expect(await manager.engine.get('/nodes')).toHaveLength(2);
});

test('the environment gets the key, and it does not stay on the machine', async () => {
  await stranger.type(makeEnvironment);
  expect(await stranger.type('ls')).toBe('Dockerfile\ncompose.yaml\nserver.js\n');
  expect(await stranger.kept('staging.MANAGER')).toBe(manager.address);
});

test('the workflow delivers, and both tasks answer', async () => {
  const run = (await deliver()).succeeded();
  expect(run.results).toEqual({ build: 'success', staging: 'success' });
  expect(await answers()).toEqual(['Hello from version 1', 'Hello from version 1']);
});

test('a version that crashes fails, and the one before answers', async () => {
  await stranger.checkout.commit({ 'server.js': `${app['server.js']}process.exit(1);\n` });
  const run = await deliver();
  expect(run.results).toEqual({ build: 'success', staging: 'failure' });
  expect(run.log('staging')).toMatch(/web did not converge: .*non-zero exit \(1\).* is live again, wholly/s);
  expect(await answers()).toEqual(['Hello from version 1', 'Hello from version 1']);
});
