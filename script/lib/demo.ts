/**
 * Shows the main job: a small shop is built, tested, pushed and delivered to staging and production: over SSH, to a swarm, or to a Kubernetes
 * cluster. Every step is the bundled action in dist/, run as GitHub's runner runs it, with a real registry, real engines and real sshd.
 */
import { spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Lab, readLab } from '../../__tests__/support/lab.ts';
import { type Workspace, workspace } from '../../__tests__/support/workspace.ts';
import { hosts } from './demo/hosts.ts';
import { kubernetes } from './demo/kubernetes.ts';
import { Stage } from './demo/stage.ts';
import { type Places, type Platform, tellStory } from './demo/story.ts';
import { swarm } from './demo/swarm.ts';
import { dim, green, heading, red, say, seconds } from './demo/terminal.ts';
import { SHOP } from './demo/versions.ts';
import { Visitors } from './demo/visitors.ts';

const LAB_COMMAND = resolve(import.meta.dirname, '../../lab/lab');
const PLATFORMS: Readonly<Record<string, Platform>> = { docker: hosts, swarm, kubernetes };

const { values } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, orchestrator: { type: 'string', default: 'docker' } },
});
const { keep } = values;

/** @returns whether no request was lost */
function report(stage: Stage, visitors: Visitors, began: number): boolean {
  heading('What happened');
  stage.report();
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

function lookAround(lab: Lab, { look }: Places): void {
  if (!keep) {
    say(
      dim('\n  The servers are removed now. script/demo --keep leaves them running, so you can look around.'),
    );
    return;
  }
  say();
  for (const line of look) say(`  ${line}`);
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
  const platform = PLATFORMS[values.orchestrator];
  if (platform === undefined)
    throw new Error(`--orchestrator knows ${Object.keys(PLATFORMS).join(', ')}, not ${values.orchestrator}.`);
  const folder = await mkdtemp(join(tmpdir(), 'sealift-demo-'));
  heading(platform.title);
  const options = platform.kubernetes ? ['--kubernetes'] : [];
  labCommand(folder, 'install', ...options);
  const began = performance.now();
  const visitors = new Visitors();
  let checkout: Workspace | undefined;
  try {
    labCommand(folder, 'up', ...options, String(platform.servers));
    const lab = readLab(join(folder, 'env.json'));
    checkout = await workspace({ folder: SHOP, files: await platform.files(lab) });
    await using places = await platform.prepare(lab);
    const stage = new Stage(lab, checkout);
    await Promise.race([tellStory(stage, places, visitors), interrupted()]);
    if (!report(stage, visitors, began)) process.exitCode = 1;
    lookAround(lab, places);
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
