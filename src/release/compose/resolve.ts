import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { placeholderImage } from '../../model/image.ts';
import { baseProject, type ComposeConfig } from '../../model/release.ts';
import type { ComposeSource } from '../../model/request.ts';
import type { Tools } from '../../model/tools.ts';
import { type ComposeCli, resolveToJson, unsetVariablesProblem } from './compose-cli.ts';
import { parseComposeConfig } from './compose-config.ts';
import type { FileContents } from './inline-contents.ts';
import { minimalComposeFile } from './minimal-compose-file.ts';
import { readFileContents } from './read-file-contents.ts';
import { findRunnerPaths, type RunnerPath } from './runner-paths.ts';

/** A Compose file as the official CLI resolved it, with what of it lies on the runner. Plain data. */
export interface ResolvedCompose {
  /** As `docker compose config` prints it: every `$` is doubled. */
  readonly config: ComposeConfig;
  /** What `${IMAGE}` was: the repository with a digest that no image has. */
  readonly placeholder: string;
  /** Bind mounts of the checkout or of the runner's home. */
  readonly runnerPaths: readonly RunnerPath[];
  /** Of the secrets and configs that are used. */
  readonly contents: FileContents;
  readonly notices: readonly string[];
  /** What must be mended before it can be deployed; a build can do without: unset variables, missing secrets. */
  readonly problems: readonly string[];
}

/**
 * Resolves the user's Compose files, or a minimal one where there are none, by `docker compose config`: interpolation,
 * `env_file`, `extends`, `include`, profiles and merging are all its doing. Needs no engine.
 * @param image repository of the image that `${IMAGE}` stands for
 * @param workspace the checkout, in which relative paths start
 * @param environment of the process; inputs and tokens in it are not passed on
 * @throws ConfigurationError naming `compose-file` and what to change.
 */
export async function resolveCompose(
  source: ComposeSource,
  of: { readonly app: string; readonly environment: string },
  image: string,
  workspace: string,
  tools: Tools,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ResolvedCompose> {
  const placeholder = placeholderImage(image);
  const cli: ComposeCli = {
    tools,
    cwd: workspace,
    env: {
      ...withoutPrivateVariables(environment),
      ...Object.fromEntries(source.variables),
      IMAGE: placeholder,
    },
    options: ['--project-name', baseProject(of), ...fileOptions(source, workspace)],
    stdin: source.files === undefined ? minimalFileLogged(of.app, source, tools) : '',
  };
  const [{ json, unset }, find] = await Promise.all([resolveToJson(cli), findRunnerPaths(cli)]);
  const config = parseComposeConfig(json);
  const problems = unset.length > 0 ? [unsetVariablesProblem(unset)] : [];
  const folder = dirname(resolve(workspace, source.files?.[0] ?? 'compose.yaml'));
  return {
    config,
    placeholder,
    runnerPaths: find(config),
    contents: await readFileContents(config, cli, folder, problems),
    notices: overrideNotices(source.files ?? [], workspace),
    problems,
  };
}

function fileOptions(source: ComposeSource, workspace: string): readonly string[] {
  if (source.files === undefined) return ['--project-directory', workspace, '--file', '-'];
  return source.files.flatMap((file) => ['--file', file]);
}

function minimalFileLogged(app: string, source: ComposeSource, { log }: Tools): string {
  const text = minimalComposeFile(app, source);
  log.info('There is no Compose file, so this one is used:');
  for (const line of text.trimEnd().split('\n')) log.info(`  ${line}`);
  return text;
}

/** Inputs and tokens of the step are nobody's business but the step's; what Compose files may name stays. */
const PRIVATE_VARIABLES =
  /^(INPUT_|ACTIONS_|STATE_|GITHUB_TOKEN$|COMPOSE_FILE$|COMPOSE_PROJECT_NAME$|COMPOSE_ENV_FILES$)/;

function withoutPrivateVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !PRIVATE_VARIABLES.test(name)) kept[name] = value;
  }
  return kept;
}

/** `docker compose up` on a developer's machine reads these too; they are for work there, so they are not delivered. */
function overrideNotices(files: readonly string[], workspace: string): readonly string[] {
  return files.flatMap((file) => {
    const parts = /^(.*?(?:docker-)?compose)\.(ya?ml)$/.exec(file);
    if (parts === null) return [];
    return ['yaml', 'yml']
      .map((extension) => `${parts[1]}.override.${extension}`)
      .filter((override) => !files.includes(override) && existsSync(join(workspace, override)))
      .map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
  });
}
