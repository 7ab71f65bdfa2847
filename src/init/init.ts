import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { userSshEnvironment } from '../engine/ssh-process.ts';
import { ConfigurationError, SealiftError } from '../model/errors.ts';
import type { RunProgram } from '../model/step-context.ts';
import { createProgramRunner } from '../run/run-program.ts';
import { deliverWorkflow } from './deliver-workflow.ts';
import {
  findSettings,
  type GhContext,
  type GitHubStep,
  githubSteps,
  wantedVariables,
} from './github-settings.ts';
import { findHostKeys, type HostKeys } from './host-keys.ts';
import type { InitOptions } from './init-options.ts';
import { readServerFacts, type ServerFacts, serverChecks, serverProblem } from './server-facts.ts';
import { AS_ROOT, lookScript, prepareScript, type ServerUser } from './server-scripts.ts';

/** The person who runs `init`. */
export interface Person {
  say(line: string): void;
  /** The answer to a question; `undefined` if nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** One thing that `init` changes. */
interface Change {
  readonly what: string;
  make(): Promise<void>;
}

/**
 * Prepares a server for Sealift, writes a workflow, and sets up the environment at GitHub, or says how. It shows first what it will do, and
 * does only what is missing.
 *
 * @throws ConfigurationError for what the user must give in another way; SealiftError if the server or GitHub refuses
 */
export async function init(options: InitOptions, person: Person): Promise<void> {
  const { server, user, repository, environment } = options;
  if (repository === undefined)
    throw new ConfigurationError(
      'init: this folder is no checkout of a repository at GitHub. Change to it, or give --repository OWNER/NAME.',
    );
  const run = createProgramRunner();
  const env = userSshEnvironment();
  const folder = await mkdtemp(join(tmpdir(), 'sealift-init-'));
  try {
    const hostKeys = await findHostKeys(options, run, env);
    person.say(`Host keys of ${server.name}${hostKeys.isKnown ? ', as you know them' : ''}:`);
    for (const line of hostKeys.fingerprints) person.say(`  ${line}`);
    if (!hostKeys.isKnown) await confirmHostKeys(options, hostKeys, person);
    const knownHosts = join(folder, 'known_hosts');
    await writeFile(knownHosts, `${hostKeys.lines.join('\n')}\n`);

    const ssh = new Ssh(options, knownHosts, run, env);
    const keyFile = options.key ?? join(homedir(), '.ssh', `sealift-${basename(repository)}-${environment}`);
    // The key is made before anything is asked, but beside its place: without a yes, nothing is left of it.
    const isNewKey = !existsSync(keyFile);
    const madeKey = join(folder, 'key');
    if (isNewKey)
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'sealift', '-f', madeKey], { env });
    const publicKey = await publicKeyOf(isNewKey ? madeKey : keyFile, run, env);
    const target: ServerUser = { user, publicKey };
    const facts = readServerFacts(await ssh.asRoot(lookScript(target)), Date.now());
    const problem = serverProblem(facts);
    if (problem !== undefined) throw new SealiftError(`init: ${server.name} is not ready: ${problem}`);
    person.say(`Checks of ${server.name}:`);
    for (const { ok, text } of serverChecks(facts)) person.say(`  ${ok ? '✓' : '!'} ${text}`);

    const wanted = {
      ...{ repository, environment, reviewers: options.reviewers, keyFile },
      variables: wantedVariables(options, hostKeys.lines),
    };
    const gh: GhContext = {
      run,
      env,
      readFile: (path) => readFile(path, 'utf8'),
    };
    const found = options.gh ? await findSettings(wanted, gh) : undefined;
    // A key that is made now can't be the one that GitHub has.
    const known = found && isNewKey ? { ...found, secrets: new Set<string>() } : found;
    const steps = githubSteps(wanted, known, gh);
    const changes: readonly Change[] = [
      ...(isNewKey ? [{ what: `here: the key ${keyFile}`, make: () => keepKey(madeKey, keyFile) }] : []),
      ...serverChanges(facts, target).map((what, index) => ({
        what: `${server.name}: ${what}`,
        make: async () => {
          if (index === 0) await ssh.asRoot(prepareScript(target));
        },
      })),
      ...workflowChange(options),
      ...(options.gh ? steps.map((step) => ({ what: `GitHub: ${step.what}`, make: () => step.run() })) : []),
    ];
    await makeChanges(changes, options, person);
    await proveUserLogin(ssh, keyFile, options, person);
    if (!options.gh) printSettings(steps, hostKeys.lines, person);
    person.say(
      'Ready. Commit the workflow and push it: the first run builds the image and deploys it. See docs/quick-start.md.',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

async function publicKeyOf(
  file: string,
  run: RunProgram,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout } = await run('ssh-keygen', ['-y', '-P', '', '-f', file], { env }).catch(
    (cause: unknown) => {
      throw new ConfigurationError(
        `--key: ${file} is no private key without a passphrase. GitHub can't type one: give another key.`,
        { cause },
      );
    },
  );
  return stdout.trim().split(' ').slice(0, 2).join(' ');
}

async function keepKey(made: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, await readFile(made), { flag: 'wx', mode: 0o600 });
  await writeFile(`${file}.pub`, await readFile(`${made}.pub`));
  await chmod(file, 0o600);
}

function serverChanges(facts: ServerFacts, { user }: ServerUser): readonly string[] {
  return [
    ...(facts.hasUser ? [] : [`the user ${user}`]),
    ...(facts.isInDockerGroup ? [] : [`${user} in the group docker, which is as good as root there`]),
    ...(facts.hasKey ? [] : [`the key of Sealift for ${user}`]),
  ];
}

/** An existing workflow is left alone: it is the user's. */
function workflowChange(options: InitOptions): readonly Change[] {
  const { workflow } = options;
  if (existsSync(workflow)) return [];
  const make = async (): Promise<void> => {
    await mkdir(dirname(workflow), { recursive: true });
    await writeFile(workflow, deliverWorkflow(options), { flag: 'wx' });
  };
  return [{ what: `here: the workflow ${workflow}`, make }];
}

async function makeChanges(
  changes: readonly Change[],
  { yes }: InitOptions,
  { say, ask }: Person,
): Promise<void> {
  if (changes.length === 0) {
    say('Nothing is missing.');
    return;
  }
  say('This is missing, and will be made:');
  for (const { what } of changes) say(`  ${what}`);
  if (!yes) {
    const answer = await ask?.('Make it? [yes/no] ');
    if (answer !== 'yes')
      throw new ConfigurationError(
        ask === undefined
          ? 'init: nobody can be asked whether to make it. Give --yes. Nothing was done.'
          : 'init: not confirmed. Nothing was done.',
      );
  }
  for (const { what, make } of changes) {
    await make();
    say(`✓ ${what}`);
  }
}

/** As Sealift will log in: with this key only, to this host key only. */
async function proveUserLogin(
  ssh: Ssh,
  keyFile: string,
  { user, server }: InitOptions,
  { say }: Person,
): Promise<void> {
  const engine = await ssh.as(user, keyFile, "docker version --format '{{.Server.Version}}'");
  say(`✓ ${user} logs in at ${server.hostname} with the key, and reaches Docker ${engine.trim()}`);
}

function printSettings(steps: readonly GitHubStep[], knownHosts: readonly string[], { say }: Person): void {
  say('For the variable KNOWN_HOSTS:');
  for (const line of knownHosts) say(`  ${line}`);
  say('Set up GitHub with these commands, or give --gh to have them run:');
  // Not indented: they are copied.
  for (const { shown } of steps) say(shown);
}

/** The user's own ssh, with the host keys that were confirmed. */
class Ssh {
  readonly #options: InitOptions;
  readonly #knownHosts: string;
  readonly #run: RunProgram;
  readonly #env: Readonly<Record<string, string>>;

  constructor(
    options: InitOptions,
    knownHosts: string,
    run: RunProgram,
    env: Readonly<Record<string, string>>,
  ) {
    this.#options = options;
    this.#knownHosts = knownHosts;
    this.#run = run;
    this.#env = env;
  }

  /** What a script printed that ran as root. */
  async asRoot(script: string): Promise<string> {
    const { server } = this.#options;
    return await this.#ssh(server.user, [], AS_ROOT, script).catch((cause: unknown) => {
      throw new SealiftError(
        `init: can't prepare ${server.name}: its login must be root, or may use sudo without a password, with a key of your ssh.`,
        { cause, evidence: cause instanceof SealiftError ? [cause.message, ...cause.evidence] : [] },
      );
    });
  }

  /** What a command printed that ran as a user who logs in with one key. */
  async as(user: string, keyFile: string, command: string): Promise<string> {
    const { server } = this.#options;
    const only = [
      '-o',
      'IdentitiesOnly=yes',
      '-o',
      'IdentityAgent=none',
      '-o',
      'BatchMode=yes',
      '-i',
      keyFile,
    ];
    return await this.#ssh(user, only, command).catch((cause: unknown) => {
      throw new SealiftError(
        `init: ${user} was made at ${server.name}, but does not reach Docker with ${keyFile}. Look at the settings of sshd (AllowUsers, AuthorizedKeysFile).`,
        { cause, evidence: cause instanceof SealiftError ? [cause.message, ...cause.evidence] : [] },
      );
    });
  }

  async #ssh(
    user: string | undefined,
    options: readonly string[],
    command: string,
    stdin?: string,
  ): Promise<string> {
    const { hostname, port } = this.#options.server;
    const args = [
      ...['-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${this.#knownHosts}`],
      ...['-o', 'GlobalKnownHostsFile=/dev/null', '-T', ...options],
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['-l', user]),
      ...['--', hostname, command],
    ];
    const sent = stdin === undefined ? {} : { stdin };
    return (await this.#run('ssh', args, { env: this.#env, shownAs: 'ssh', ...sent })).stdout;
  }
}
