import { CommandError, ConfigurationError } from '../../model/errors.ts';
import type { RunResult, Tools } from '../../model/tools.ts';

/** The official CLI, asked to resolve Compose files. Needs no engine. */

/** The first version with `config --no-env-resolution`. */
const OLDEST_COMPOSE = '2.35';

const UNSET_WARNING = /The \\?"([^"\\]+)\\?" variable is not set/g;
const INSTALL_ADVICE =
  'Install the Compose plugin on the runner (package docker-compose-plugin; GitHub-hosted runners have it).';

export interface ComposeCli {
  readonly tools: Tools;
  readonly cwd: string;
  /** Whole environment of the program: what interpolation sees. */
  readonly env: Readonly<Record<string, string>>;
  /** Before the subcommand: `--project-name`, `--file`, … */
  readonly options: readonly string[];
  readonly stdin: string;
}

/** Runs `docker compose config --format json`. */
export function runComposeConfig(cli: ComposeCli, flags: readonly string[]): Promise<RunResult> {
  return cli.tools.run('docker', ['compose', ...cli.options, 'config', '--format', 'json', ...flags], {
    cwd: cli.cwd,
    env: cli.env,
    stdin: cli.stdin,
  });
}

/** What Compose made of the files, as JSON, and the variables that it found unset. */
export interface ComposeOutput {
  readonly json: string;
  readonly unset: readonly string[];
}

/** @throws ConfigurationError in plain words: a required variable, invalid YAML, a missing or too old Compose. */
export async function resolveToJson(cli: ComposeCli): Promise<ComposeOutput> {
  const { stdout, stderr } = await runComposeConfig(cli, []).catch((error: unknown) => {
    throw explainComposeError(error, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET_WARNING)].map((match) => match[1] ?? ''));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}

/** Why variables without a value are refused: an empty password is worse than none. */
export function unsetVariablesProblem(names: readonly string[]): string {
  const first = names[0] ?? '';
  const list = names.map((name) => `\${${name}}`).join(', ');
  const [use, it] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `compose-file: ${list} ${use} used but not set. Give ${it} in the input env (${first}=…) or in .env, or a default in the file: \${${first}:-…}. A dollar sign that is meant for the container is written $$.`;
}

/** The CLI's own words, made plain where they are not. */
export function explainComposeError(error: unknown, folder: string): unknown {
  if (!(error instanceof CommandError)) return error;
  const output = error.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^time=.*level=(warning|info|debug)/.test(line))
    .join('\n')
    .trim();
  if (
    /unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/.test(
      output,
    )
  ) {
    return new ConfigurationError(`compose-file: docker compose is not there. ${INSTALL_ADVICE}`, {
      evidence: error.evidence,
    });
  }
  if (isComposeTooOld(error)) {
    return new ConfigurationError(
      `compose-file: docker compose on this runner is too old; Sealift needs ${OLDEST_COMPOSE} or later. ${INSTALL_ADVICE}`,
      { evidence: error.evidence },
    );
  }
  const required = /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(output);
  if (required !== null) {
    const [, name = '', reason] = required;
    const why = reason === undefined ? '' : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why}. Give it in the input env: ${name}=…`,
    );
  }
  const text = output === '' ? error.message : output;
  return new ConfigurationError(`compose-file: ${text.replaceAll(`${folder}/`, '')}`);
}

/** Whether the CLI failed because it does not know an option that Sealift needs. */
export function isComposeTooOld(error: unknown): boolean {
  return error instanceof CommandError && /unknown flag: --(no-|format)/.test(error.stderr);
}
