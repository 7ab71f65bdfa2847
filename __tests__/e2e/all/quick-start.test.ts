/**
 * docs/quick-start.md, followed to the letter: its blocks are run as they are, on a server that has never heard of Sealift. Only
 * GitHub is stood in for: a `gh` that keeps what it is given, and the harness that runs the workflow.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ask } from '../../support/http.ts';
import { labWith, serverOf } from '../../support/lab.ts';
import { runWorkflow } from '../../support/runner/workflow/run-workflow.ts';
import type { EnvironmentSettings } from '../../support/runner/workflow/settings.ts';
import type { WorkflowRun } from '../../support/runner/workflow/workflow-run.ts';
import { fencedBlocks, Stranger } from '../../support/stranger.ts';

const lab = await labWith(1, { builds: true });
const server = serverOf(lab);

/** The blocks of the page, for the server of the lab. */
const blocks = (language: string): readonly string[] =>
  fencedBlocks('docs/quick-start.md', language).map((text) =>
    text.replaceAll('203.0.113.10', server.address),
  );
const [prepare = '', noteKey = '', makeEnvironments = ''] = blocks('sh');
const [composeFile = '', workflow = '', productionJob = ''] = blocks('yaml');
const app = { 'server.js': blocks('js')[0] ?? '', Dockerfile: blocks('dockerfile')[0] ?? '' };

let stranger: Stranger;

const onServer = (command: string): Promise<string> => lab.run('in', server.name, 'sh', '-eu', '-c', command);

beforeAll(async () => {
  stranger = await Stranger.with({ ...app, 'compose.yaml': composeFile });
  const { folder } = stranger;
  const key = join(folder, 'id');
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  // The person has logged in as root before, so the server's key is known.
  await writeFile(join(folder, 'known'), lab.ssh.knownHosts);
  await writeFile(join(folder, 'config'), `IdentityFile ${key}\nUserKnownHostsFile ${folder}/known\n`);
  await stranger.install('ssh', `exec ${(await which('ssh')).trim()} -F ${folder}/config "$@"`);
  // A server as its provider hands it over: root may log in, and there is no user "deploy".
  await lab.run('sshd-opts', server.name, 'PermitRootLogin yes');
  await onServer(`
    usermod --login before --home /home/before --move-home deploy
    groupmod --new-name before deploy
    install -d -m 700 /root/.ssh
    echo '${await readFile(`${key}.pub`, 'utf8')}' > /root/.ssh/authorized_keys`);
});
afterAll(async () => {
  await onServer(`
    docker ps --all --quiet --filter label=sealift.app=shop | xargs -r docker rm --force --volumes
    docker network ls --quiet --filter label=sealift.app=shop | xargs -r docker network rm
    docker volume ls --quiet --filter label=sealift.app=shop | xargs -r docker volume rm
    userdel --remove deploy || true
    usermod --login deploy --home /home/deploy --move-home before
    groupmod --new-name deploy before
    rm -r /root/.ssh`);
  await lab.run('sshd-opts', server.name, '');
  await stranger[Symbol.asyncDispose]();
});

const which = async (name: string): Promise<string> =>
  (await promisify(execFile)('sh', ['-c', `command -v ${name}`])).stdout;

async function deliver(text: string): Promise<WorkflowRun> {
  const environment = async (name: string): Promise<EnvironmentSettings> => ({
    secrets: { SSH_KEY: await stranger.kept(`${name}.SSH_KEY`) },
    variables: {
      KNOWN_HOSTS: await stranger.kept(`${name}.KNOWN_HOSTS`),
      SERVER: await stranger.kept(`${name}.SERVER`),
    },
  });
  const { address, username, password } = lab.registry;
  return await runWorkflow(text, {
    origin: stranger.checkout.path,
    job: { sha: stranger.checkout.sha },
    settings: {
      environments: {
        staging: await environment('staging'),
        production: { ...(await environment('production')), approve: () => true },
      },
    },
    machine: lab.runnerEnvironment,
    // In place of ghcr.io and the job's token.
    inputs: (command) => ({
      ...(command === 'build' ? { image: `${address}/quick/start` } : {}),
      'registry-username': username,
      'registry-password': password,
    }),
  });
}

const answer = async (port: number): Promise<string> =>
  (await ask(`http://${server.address}:${port}/`)).body.trim();

test('the first block prepares the server, also if it is run twice', async () => {
  const version = expect.stringMatching(/^Docker Engine \d+\.\d+\S*\n$/);
  expect(await stranger.type(prepare)).toEqual(version);
  expect(await stranger.type(prepare)).toEqual(version);
});

test('the second block notes the key of the server and logs in as Sealift will', async () => {
  const said = await stranger.type(`SERVER=${server.address}`, noteKey);
  expect(said).toMatch(/^CONTAINER ID/);
});

test('the environments are created, and the key does not stay on the machine', async () => {
  expect(await stranger.type(`SERVER=${server.address}`, makeEnvironments)).toBe('required_reviewers\n');
  expect(await stranger.type('ls')).toBe('Dockerfile\ncompose.yaml\nserver.js\n');
});

test('the first workflow delivers to staging', async () => {
  const run = (await deliver(workflow)).succeeded();
  expect(run.results).toEqual({ build: 'success', staging: 'success' });
  expect(run.job('staging').environment?.url).toBe(`http://${server.address}:8080/`);
  expect(await answer(8080)).toBe('Hello from version 1');
});

test('with the second job, the image of staging is deployed to production after an approval', async () => {
  await stranger.checkout.commit({ 'server.js': app['server.js'].replace('version 1', 'version 2') });
  const run = (await deliver(workflow + productionJob)).succeeded();
  expect(run.results).toEqual({ build: 'success', staging: 'success', production: 'success' });
  expect(await answer(8080)).toBe('Hello from version 2');
  expect(await answer(80)).toBe('Hello from version 2');
});

test('a version that crashes fails in staging, and production is not asked', async () => {
  await stranger.checkout.commit({ 'server.js': `${app['server.js']}process.exit(1);\n` });
  const run = await deliver(workflow + productionJob);
  expect(run.results).toEqual({ build: 'success', staging: 'failure', production: 'skipped' });
  expect(run.log('staging')).toMatch(
    /web did not become healthy: it crashes again and again: it exited with code 1/,
  );
  expect(await answer(8080)).toBe('Hello from version 2');
  expect(await answer(80)).toBe('Hello from version 2');
});
