import { SealiftError } from '../model/errors.ts';
import { asList, asObject, type JsonObject } from '../model/json.ts';
import type { RunProgram } from '../model/step-context.ts';
import type { InitOptions } from './init-options.ts';

/** What the environment at GitHub is to have. */
export interface WantedSettings {
  readonly repository: string;
  readonly environment: string;
  readonly reviewers: readonly string[];
  /** Path of the private key. */
  readonly keyFile: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** Something to do with `gh`. */
export interface GitHubStep {
  readonly what: string;
  /** For a shell. */
  readonly shown: string;
  run(): Promise<void>;
}

/** How `gh` is run. */
export interface GhContext {
  readonly run: RunProgram;
  readonly env: Readonly<Record<string, string>>;
  readFile(path: string): Promise<string>;
}

const SECRET = 'SSH_KEY';

/**
 * What is to be done so that the environment is as it should be.
 * @param found what there is; `undefined`: unknown, so everything is to be done
 */
export function githubSteps(
  wanted: WantedSettings,
  found: FoundSettings | undefined,
  { run, env, readFile }: GhContext,
): readonly GitHubStep[] {
  const { repository, environment, reviewers, keyFile, variables } = wanted;
  const gh = async (args: readonly string[], stdin?: string): Promise<string> =>
    (await run('gh', args, { env, ...(stdin === undefined ? {} : { stdin }) })).stdout;
  const path = `repos/${repository}/environments/${environment}`;
  const place = ['--env', environment, '--repo', repository];
  const steps: GitHubStep[] = [];
  if (found?.environment === undefined || (reviewers.length > 0 && !hasReviewers(found.environment))) {
    const put = ['api', '--silent', '--method', 'PUT', path, '--input', '-'];
    const shownFields = reviewers.map(
      (login) => ` -F 'reviewers[][type]=User' -F "reviewers[][id]=$(gh api users/${login} --jq .id)"`,
    );
    const reviewed = reviewers.length === 0 ? '' : `, approved by ${reviewers.join(' or ')}`;
    steps.push({
      what: `the environment ${environment}${reviewed}`,
      shown: shownPut(path, shownFields),
      async run() {
        const asked = reviewers.map(async (login) =>
          Number(await gh(['api', `users/${login}`, '--jq', '.id'])),
        );
        const users = (await Promise.all(asked)).map((id) => ({ type: 'User', id }));
        const body = {
          ...keptSettings(found?.environment),
          ...(users.length === 0 ? {} : { reviewers: users }),
        };
        await gh(put, JSON.stringify(body));
      },
    });
  }
  if (!found?.secrets.has(SECRET)) {
    const set = ['secret', 'set', SECRET, ...place];
    steps.push({
      what: `the secret ${SECRET}`,
      shown: `gh ${set.join(' ')} < ${quotedForShell(keyFile)}`,
      run: async () => void (await gh(set, await readFile(keyFile))),
    });
  }
  for (const [name, value] of variables) {
    if (found?.variables.get(name) === value) continue;
    const set = ['variable', 'set', name, ...place];
    steps.push({
      what: `the variable ${name}`,
      shown: `gh ${set.join(' ')} --body ${quotedForShell(value)}`,
      run: async () => void (await gh(set, value)),
    });
  }
  return steps;
}

/** What an environment at GitHub has. */
export interface FoundSettings {
  /** `undefined`: there is none. */
  readonly environment: JsonObject | undefined;
  readonly secrets: ReadonlySet<string>;
  readonly variables: ReadonlyMap<string, string>;
}

/** @throws SealiftError if `gh` is not logged in, or may not see the repository */
export async function findSettings(
  { repository, environment }: WantedSettings,
  { run, env }: GhContext,
): Promise<FoundSettings> {
  const path = `repos/${repository}/environments/${environment}`;
  const { exitCode, stdout, stderr } = await run('gh', ['api', path], { env, allowedExitCodes: [1, 4] });
  if (exitCode !== 0) {
    if (/HTTP 404/.test(stderr)) return { environment: undefined, secrets: new Set(), variables: new Map() };
    throw new SealiftError(
      `init: gh can't read ${repository}: ${stderr.trim().split('\n').at(-1)}. Log in as an administrator of the repository (gh auth login), or leave out --gh.`,
    );
  }
  const place = ['--env', environment, '--repo', repository, '--json'];
  const listed = async (kind: string, fields: string): Promise<readonly JsonObject[]> => {
    const answer = await run('gh', [kind, 'list', ...place, fields], { env });
    return asList(JSON.parse(answer.stdout || '[]')).map(asObject);
  };
  const [secrets, variables] = await Promise.all([
    listed('secret', 'name'),
    listed('variable', 'name,value'),
  ]);
  return {
    environment: asObject(JSON.parse(stdout)),
    secrets: new Set(secrets.map(({ name }) => String(name))),
    variables: new Map(variables.map(({ name, value }) => [String(name), String(value)])),
  };
}

/** For a shell. A PUT takes away what it leaves out, so it is only for an environment that is not there, or gets rules. */
const shownPut = (path: string, fields: readonly string[]): string => {
  const put = `gh api --silent --method PUT ${path}${fields.join('')}`;
  return fields.length === 0
    ? `gh api --silent ${path} 2>/dev/null || ${put}`
    : `# Sets all rules of the environment anew: a wait timer or branches that it has are gone. With --gh they stay.\n${put}`;
};

const rulesOf = (environment: JsonObject): readonly JsonObject[] =>
  asList(environment['protection_rules']).map(asObject);

const hasReviewers = (environment: JsonObject): boolean =>
  rulesOf(environment).some(({ type }) => type === 'required_reviewers');

/** What a PUT would take away if it left it out. */
function keptSettings(environment: JsonObject = {}): JsonObject {
  const timer = rulesOf(environment).find(({ type }) => type === 'wait_timer');
  const policy = environment['deployment_branch_policy'];
  return {
    ...(timer === undefined ? {} : { wait_timer: timer['wait_timer'] }),
    ...(policy === undefined ? {} : { deployment_branch_policy: policy }),
  };
}

/** For a shell. */
const quotedForShell = (text: string): string =>
  /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The variables with which the workflow finds the server. */
export function wantedVariables(
  { server, user }: InitOptions,
  lines: readonly string[],
): ReadonlyMap<string, string> {
  const { hostname, port } = server;
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return new Map([
    ['HOSTS', `ssh://${user}@${host}${port === undefined || port === 22 ? '' : `:${port}`}`],
    ['KNOWN_HOSTS', lines.join('\n')],
  ]);
}
