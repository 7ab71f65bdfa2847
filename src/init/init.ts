import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import { serverChanges, settingsChanges, workflowChanges } from './changes.ts';
import { type DeployKey, prepareDeployKey } from './deploy-key.ts';
import {
  findSettings,
  type GhContext,
  type GitHubStep,
  githubSteps,
  wantedVariables,
} from './github-settings.ts';
import { findHostKeys, type HostKeys } from './host-keys.ts';
import type { InitOptions } from './init-options.ts';
import type { InitReport } from './init-report.ts';
import { proveUserLogin, Ssh } from './init-ssh.ts';
import { makeChanges } from './make-changes.ts';
import type { Person } from './person.ts';
import { readServerFacts, type ServerFacts, serverChecks, serverProblem } from './server-facts.ts';
import { lookScript, type ServerUser } from './server-scripts.ts';
import { openWorkFolder, type WorkFolder } from './work-folder.ts';

/**
 * Prepares a server for Sealift, writes a workflow, and sets up the environment at GitHub, or says how. It shows first what it will do, and
 * does only what is missing.
 *
 * @throws ConfigurationError for what the user must give in another way; SealiftError if the server or GitHub refuses
 */
export async function init(options: InitOptions, person: Person): Promise<InitReport> {
  const repository = requireRepository(options);
  await using work = await openWorkFolder();
  const hostKeys = await confirmedHostKeys(options, person, work);
  const ssh = new Ssh(options, await writeKnownHosts(hostKeys, work), work);
  const key = await prepareDeployKey(options, repository, work);
  const target = { user: options.user, publicKey: key.publicKey };
  const facts = await checkServer(ssh, target, options, person);
  const settings = await planSettings(options, repository, hostKeys, key, work);
  const changes = [
    ...key.changes,
    ...serverChanges(facts, target, ssh, options),
    ...workflowChanges(options),
    ...settingsChanges(settings, options),
  ];
  const made = await makeChanges(changes, options, person);
  await proveUserLogin(ssh, key.file, options, person);
  if (!options.gh) printSettings(settings, hostKeys.lines, person);
  person.say(
    'Ready. Commit the workflow and push it: the first run builds the image and deploys it. See docs/quick-start.md.',
  );
  const { server, user, environment, workflow, gh } = options;
  return {
    ...{ command: 'init', result: made.length > 0 ? 'prepared' : 'unchanged', server: server.name },
    ...{ user, repository, environment, key: key.file, workflow, knownHosts: hostKeys.lines },
    ...{ checks: serverChecks(facts), made, commands: gh ? [] : settings.map(({ shown }) => shown) },
  };
}

function requireRepository({ repository }: InitOptions): string {
  if (repository !== undefined) return repository;
  throw new ConfigurationError(
    'init: this folder is no checkout of a repository at GitHub. Change to it, or give --repository OWNER/NAME.',
  );
}

async function confirmedHostKeys(
  options: InitOptions,
  person: Person,
  { run, env }: WorkFolder,
): Promise<HostKeys> {
  const hostKeys = await findHostKeys(options, run, env);
  person.say(`Host keys of ${options.server.name}${hostKeys.isKnown ? ', as you know them' : ''}:`);
  for (const line of hostKeys.fingerprints) person.say(`  ${line}`);
  if (!hostKeys.isKnown) await confirmHostKeys(options, hostKeys, person);
  return hostKeys;
}

/** Nothing is trusted on first use unless the user says so, after a look at the fingerprint. */
async function confirmHostKeys(
  { server }: InitOptions,
  { fingerprints }: HostKeys,
  { ask, say }: Person,
): Promise<void> {
  const [, kind = 'ED25519'] = /\((\w+)\)$/.exec(fingerprints[0] ?? '') ?? [];
  say('Compare it with what the server itself shows, at its console for example:');
  say(`  ssh-keygen -lf /etc/ssh/ssh_host_${kind.toLowerCase()}_key.pub`);
  const answer = await ask?.('Is it the same? [yes/no] ');
  if (answer === 'yes') return;
  throw new ConfigurationError(
    ask === undefined
      ? `init: nobody can be asked whether this is the host key of ${server.name}. Give --fingerprint with it, or log in once with ssh and compare it there.`
      : 'init: the host key was not confirmed. Nothing was done.',
  );
}

/** @returns the file */
async function writeKnownHosts({ lines }: HostKeys, { folder }: WorkFolder): Promise<string> {
  const file = join(folder, 'known_hosts');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** @throws SealiftError if the server is not ready for Sealift */
async function checkServer(
  ssh: Ssh,
  target: ServerUser,
  { server }: InitOptions,
  person: Person,
): Promise<ServerFacts> {
  const facts = readServerFacts(await ssh.asRoot(lookScript(target)), Date.now());
  const problem = serverProblem(facts);
  if (problem !== undefined) throw new SealiftError(`init: ${server.name} is not ready: ${problem}`);
  person.say(`Checks of ${server.name}:`);
  for (const { ok, text } of serverChecks(facts)) person.say(`  ${ok ? '✓' : '!'} ${text}`);
  return facts;
}

/** What is to be set at GitHub; without `--gh`, all of it. */
async function planSettings(
  options: InitOptions,
  repository: string,
  { lines }: HostKeys,
  key: DeployKey,
  { run, env }: WorkFolder,
): Promise<readonly GitHubStep[]> {
  const { environment, reviewers } = options;
  const variables = wantedVariables(options, lines);
  const wanted = { repository, environment, reviewers, keyFile: key.file, variables };
  const gh: GhContext = { run, env, readFile: (path) => readFile(path, 'utf8') };
  const found = options.gh ? await findSettings(wanted, gh) : undefined;
  // A key that is made now can't be the one that GitHub has.
  const isNewKey = key.changes.length > 0;
  return githubSteps(wanted, found && isNewKey ? { ...found, secrets: new Set<string>() } : found, gh);
}

function printSettings(steps: readonly GitHubStep[], knownHosts: readonly string[], { say }: Person): void {
  say('For the variable KNOWN_HOSTS:');
  for (const line of knownHosts) say(`  ${line}`);
  say('Set up GitHub with these commands, or give --gh to have them run:');
  // Not indented: they are copied.
  for (const { shown } of steps) say(shown);
}
