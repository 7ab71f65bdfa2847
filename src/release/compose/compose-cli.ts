import type { ComposeConfig } from '../../model/compose-config.ts';
import { CommandError, ConfigurationError } from '../../model/errors.ts';
import { inputRef } from '../../model/input-ref.ts';
import { asObject, isTooDeep, MAX_LEVELS, mapValues } from '../../model/json.ts';
import { byPlace, thisRunner } from '../../model/place-words.ts';
import type { RunResult, StepContext } from '../../model/step-context.ts';
import { runComposeProgram } from '../../run/compose-program.ts';

/** The official CLI, which resolves Compose files. It needs no engine for that. */

/** The first version with `config --no-env-resolution`. */
const OLDEST_COMPOSE = '2.35';

const UNSET_WARNING = /The \\?"([^"\\]+)\\?" variable is not set/g;
export const INSTALL_ADVICE =
  'Install the Compose plugin (package docker-compose-plugin; GitHub-hosted runners have it).';

/** Why the runner's Compose can't be used, as the beginning of a sentence. */
export const composeMissing = (): string => `docker compose is not installed on ${thisRunner()}`;
export const composeTooOld = (): string =>
  `docker compose on ${thisRunner()} is too old; Sealift needs ${OLDEST_COMPOSE} or later`;

/** The runner has no Compose, or one that is too old. */
export class ComposeUnavailableError extends ConfigurationError {
  /** One of the two sentences, without its full stop. */
  readonly shortcoming: string;

  constructor(shortcoming: string, evidence: readonly string[]) {
    super(`compose-file: ${shortcoming}. ${INSTALL_ADVICE}`, { evidence });
    this.shortcoming = shortcoming;
  }
}

/** Whether a version, as `docker compose version --short` prints it, is below the oldest that Sealift works with. */
export function isOldCompose(version: string): boolean {
  const numbers = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number);
  const [major = Number.NaN, minor = 0] = numbers(version);
  const [oldestMajor = 0, oldestMinor = 0] = numbers(OLDEST_COMPOSE);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

export interface ComposeCli {
  readonly step: StepContext;
  readonly cwd: string;
  /** The whole environment of the program, which interpolation uses. */
  readonly env: Readonly<Record<string, string>>;
  /** Options before the subcommand: `--project-name`, `--file`, … */
  readonly options: readonly string[];
  readonly stdin: string;
}

/** Runs `docker compose config --format json`. */
export async function runComposeConfig(cli: ComposeCli, flags: readonly string[] = []): Promise<RunResult> {
  const { step, cwd, env, options, stdin } = cli;
  return await runComposeProgram(step, [...options, 'config', '--format', 'json', ...flags], {
    ...{ cwd, env, stdin },
  });
}

/**
 * Parses the output of `docker compose config --format json`.
 * @throws ConfigurationError if it is nested too deep
 */
export function parseComposeConfig(json: string): ComposeConfig {
  const data = asObject(JSON.parse(json));
  if (isTooDeep(data))
    throw new ConfigurationError(
      `compose-file: lists and mappings are nested in more than ${MAX_LEVELS} levels. Write it flatter.`,
    );
  const objects = (key: string) => mapValues(asObject(data[key]), asObject);
  return {
    services: objects('services'),
    networks: objects('networks'),
    volumes: objects('volumes'),
    secrets: objects('secrets'),
    configs: objects('configs'),
  };
}

interface ComposeOutput {
  readonly json: string;
  /** Names of the variables that are used and not set. */
  readonly unset: readonly string[];
}

/** Says what is the default. A Compose that is too old does not know it and fails, so that none has to be asked for its version. */
const KNOWN_SINCE_OLDEST = '--no-env-resolution=false';

/** @throws ConfigurationError in plain words: a required variable, invalid YAML, a missing or too old Compose */
export async function resolveToJson(cli: ComposeCli): Promise<ComposeOutput> {
  const { stdout, stderr } = await runComposeConfig(cli, [KNOWN_SINCE_OLDEST]).catch((error: unknown) => {
    throw explainComposeError(error, cli.cwd);
  });
  const unset = new Set([...stderr.matchAll(UNSET_WARNING)].map((match) => match[1] ?? ''));
  return { json: stdout, unset: [...unset].toSorted((one, other) => one.localeCompare(other)) };
}

/** Variables without a value are rejected, because an empty password is worse than none. */
export function unsetVariablesProblem(names: readonly string[]): string {
  const list = names.map((name) => `\${${name}}`).join(', ');
  const [verb, pronoun] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `compose-file: ${list} ${verb} used but not set. Give ${pronoun} in the input "${inputRef('env')}" (${names[0]}=…) or in .env, or a default in the file: \${${names[0]}:-…}. A dollar sign that is meant for the container is written $$.`;
}

/** The CLI's own message, in plain words where it is not. */
export function explainComposeError(error: unknown, folder: string): unknown {
  if (!(error instanceof CommandError)) return error;
  const { evidence } = error;
  const output = error.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^time=.*level=(warning|info|debug)/.test(line))
    .join('\n')
    .trim();
  const isMissing =
    /unknown command: docker compose|'compose' is not a docker command|unknown shorthand flag|unknown flag: --(project-name|file)/;
  if (isMissing.test(output)) return new ComposeUnavailableError(composeMissing(), evidence);
  if (isComposeTooOld(error)) return new ComposeUnavailableError(composeTooOld(), evidence);
  const [required, name, reason] =
    /required variable (\S+) is missing a value(?:: ([\s\S]*))?/.exec(output) ?? [];
  if (required !== undefined) {
    const why = reason === undefined ? '' : ` (${reason.trim()})`;
    return new ConfigurationError(
      `compose-file: variable ${name} is required${why}. Give it in the input "${inputRef('env')}": ${name}=…`,
    );
  }
  const [, envFile] = /^env file (.+) not found: stat /m.exec(output) ?? [];
  if (envFile !== undefined) {
    return new ConfigurationError(
      `compose-file: the env file ${envFile.replace(`${folder}/`, '')} is not in the checkout. Write it${byPlace(' in a step before this one, for example from a secret', '')}; ` +
        `or name its variables under environment: and give them in the input "${inputRef('env')}"; or, if it may be missing, write it as path: with required: false.`,
    );
  }
  return new ConfigurationError(`compose-file: ${(output || error.message).replaceAll(`${folder}/`, '')}`);
}

/** Whether the CLI failed because it does not know an option that Sealift needs. */
function isComposeTooOld(error: unknown): boolean {
  return error instanceof CommandError && /unknown flag: --(no-|format)/.test(error.stderr);
}
