/**
 * Shows the main job: a small shop is built, tested, pushed and delivered to staging and production over SSH. A second
 * version follows, a broken third one is rolled back automatically, and a manual rollback ends it. Every step is the
 * bundled action in dist/, run as GitHub's runner runs it, with a real registry, real engines and real sshd.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type ActionRun, type Command, type Inputs, runAction } from '../../__tests__/support/action.ts';
import { ask } from '../../__tests__/support/http.ts';
import { type Lab, readLab, type Server } from '../../__tests__/support/lab.ts';
import { type Workspace, workspace } from '../../__tests__/support/workspace.ts';
import { bold, dim, green, heading, logLine, red, say, seconds, summary, table } from './demo/terminal.ts';
import { brokenVersion, SHOP, versionTwo } from './demo/versions.ts';
import { Visitors } from './demo/visitors.ts';

const LAB_COMMAND = resolve(import.meta.dirname, '../../lab/lab');
const keep = process.argv.includes('--keep');

interface Row {
  readonly step: string;
  readonly result: string;
  readonly time: string;
}
const rows: Row[] = [];

/** What a step needs besides its inputs. */
interface Stage {
  readonly lab: Lab;
  readonly checkout: Workspace;
}

/** Runs a step of a workflow: shows its log and summary, and checks the expected result. */
async function step(
  stage: Stage,
  title: string,
  command: Command,
  inputs: Inputs,
  expected: 'succeeds' | 'fails' = 'succeeds',
): Promise<ActionRun> {
  const { lab, checkout } = stage;
  say(bold(`▶ ${title}`));
  say(dim(`  uses: sealift/sealift${command === 'deliver' ? '' : `/${command}`}@v1`));
  const began = performance.now();
  const run = await runAction(command, inputs, {
    workspace: checkout.path,
    sha: checkout.sha,
    env: lab.runnerEnvironment,
    onLine: logLine,
  });
  const took = performance.now() - began;
  summary(run.summary);
  const asExpected = run.succeeded === (expected === 'succeeds');
  const result = run.succeeded ? 'succeeded' : 'the job failed, as expected';
  say();
  say(
    asExpected
      ? green(`  ✓ ${title}: ${result}, ${seconds(took)}`)
      : red(`  ✗ ${title}: exit code ${run.exitCode}`),
  );
  say();
  rows.push({ step: title, result, time: seconds(took) });
  if (!asExpected)
    throw new Error(`"${title}" was expected to ${expected === 'succeeds' ? 'succeed' : 'fail'}.`);
  return run;
}

async function shows(
  lab: Lab,
  stageName: string,
  servers: readonly Server[],
  version: string,
): Promise<void> {
  for (const server of servers) {
    const address = shopAt(server);
    const { body } = await ask(`${address}version`);
    const answer: { version?: unknown } = JSON.parse(body);
    say(`  ${stageName} ${address} answers: ${body.trim()}`);
    if (answer.version !== version) throw new Error(`${lab.folder}: ${address} should show ${version}.`);
  }
  say();
}

const shopAt = (server: Server): string => `http://${server.address}:8080/`;

async function runStory(stage: Stage, visitors: Visitors): Promise<void> {
  const { lab, checkout } = stage;
  const [staging, ...production] = lab.servers;
  if (staging === undefined || production.length === 0)
    throw new Error('The demo needs two servers or more.');
  const access = { 'ssh-key': lab.ssh.key, 'known-hosts': lab.ssh.knownHosts };
  const registry = { 'registry-username': lab.registry.username, 'registry-password': lab.registry.password };
  const repository = `${lab.registry.address}/demo/shop`;
  const toStaging = {
    environment: 'staging',
    hosts: staging.url,
    env: 'ENVIRONMENT=staging',
    ...access,
    ...registry,
  };
  const toProduction = {
    environment: 'production',
    hosts: production.map(({ url }) => url).join('\n'),
    ...access,
    ...registry,
  };
  const build = { image: repository, test: 'node --test', tags: '{{branch}}\nlatest' };
  const deployed = {
    env: 'ENVIRONMENT=production',
    url: `${shopAt(production[0] ?? staging)}up`,
    'health-timeout': '10s',
  };
  const v1Commit = checkout.sha;

  heading('Version 1: from a commit to production');
  const first = await step(stage, 'v1: build, test, push, deploy to staging', 'deliver', {
    ...build,
    ...toStaging,
  });
  const v1 = first.outputs['image'];
  await shows(lab, 'staging', [staging], '1.0.0');
  say(
    dim(
      '  A person approves: in a workflow, the production job waits for its reviewers. It deploys the same digest.\n',
    ),
  );
  await step(stage, 'v1: deploy to production', 'deploy', { image: v1, ...toProduction, ...deployed });
  await shows(lab, 'production', production, '1.0.0');
  for (const server of production) visitors.visit(shopAt(server));

  heading('Version 2: deployed while people use the shop');
  await checkout.commit(await versionTwo(), 'Version 2');
  const second = await step(stage, 'v2: build, test, push, deploy to staging', 'deliver', {
    ...build,
    ...toStaging,
  });
  await step(stage, 'v2: deploy to production', 'deploy', {
    image: second.outputs['image'],
    ...toProduction,
    ...deployed,
  });
  await shows(lab, 'production', production, '2.0.0');

  heading('Version 3: its tests pass, but it does not start');
  await checkout.commit(await brokenVersion(), 'Version 3: payments');
  const third = await step(stage, 'v3: build, test, push', 'build', { ...build, ...registry });
  const broken = { image: third.outputs['image'], ...toProduction, ...deployed };
  await step(stage, 'v3: deploy to production', 'deploy', broken, 'fails');
  await shows(lab, 'production', production, '2.0.0');

  heading('Manual rollback to version 1');
  await step(stage, 'roll back to v1', 'rollback', { ...toProduction, to: v1Commit });
  await shows(lab, 'production', production, '1.0.0');
  await step(stage, 'status', 'status', { environment: 'production', hosts: toProduction.hosts, ...access });
}

function report(visitors: Visitors, began: number): boolean {
  heading('What happened');
  table(
    ['step', 'result', 'time'],
    rows.map(({ step, result, time }) => [step, result, time]),
  );
  say();
  const visits = visitors.leave();
  for (const { address, answered, failed, byVersion } of visits) {
    const versions = [...byVersion].map(([version, count]) => `${count} by ${version}`).join(', ');
    const line = `  ${address} got requests all the time: ${answered} answered (${versions}), ${failed.length} failed`;
    say(failed.length === 0 ? green(line) : red(`${line}: ${failed[0]}`));
  }
  say(`\n  The demo took ${seconds(performance.now() - began)}.`);
  return visits.every(({ failed }) => failed.length === 0);
}

function lookAround(lab: Lab): void {
  if (!keep) {
    say(
      dim('\n  The servers are removed now. script/demo --keep leaves them running, so you can look around.'),
    );
    return;
  }
  const [staging, ...production] = lab.servers;
  say(`\n  The app:`);
  for (const server of production) say(`    production  ${shopAt(server)}`);
  if (staging !== undefined) say(`    staging     ${shopAt(staging)}`);
  say(`  Its containers:  LAB=${lab.folder} lab/lab in ${production[0]?.name ?? 's1'} docker ps`);
  say(
    `  Its releases:    LAB=${lab.folder} lab/lab in ${production[0]?.name ?? 's1'} docker compose ls --all`,
  );
  say(`  Remove it all:   LAB=${lab.folder} lab/lab down`);
}

function labCommand(folder: string, ...args: string[]): void {
  const { status } = spawnSync(LAB_COMMAND, args, {
    env: labEnvironment(folder),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`lab/lab ${args.join(' ')} ended with exit code ${status}.`);
}

/** The environment of a separate lab, without what the shell exports about another lab for tests. */
const labEnvironment = (folder: string): Record<string, string> => ({
  ...withoutLab(process.env),
  LAB: folder,
  LAB_NET: '172.31.137',
});

function withoutLab(variables: NodeJS.ProcessEnv): Record<string, string> {
  const foreign = ['DOCKER_HOST', 'DOCKER_CONFIG', 'DOCKER_CONTEXT'];
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && !entry[0].startsWith('LAB') && !foreign.includes(entry[0]),
    ),
  );
}

/** Rejects on Ctrl-C, so that the lab is removed all the same. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`it received ${signal}.`)));
    }
  });
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sealift-demo-'));
  heading('A registry, a runner and three servers with sshd, on this machine');
  labCommand(folder, 'install');
  const began = performance.now();
  const visitors = new Visitors();
  let checkout: Workspace | undefined;
  try {
    labCommand(folder, 'up', '3');
    const lab = readLab(join(folder, 'env.json'));
    checkout = await workspace({ folder: SHOP });
    await Promise.race([runStory({ lab, checkout }, visitors), interrupted()]);
    if (!report(visitors, began)) process.exitCode = 1;
    lookAround(lab);
  } finally {
    visitors.leave();
    await checkout?.remove();
    if (!keep) labCommand(folder, 'down');
  }
}

try {
  await main();
} catch (error) {
  say(red(`\nThe demo ended early: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
}
