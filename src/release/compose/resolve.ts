import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type AppEnvironment, baseProject } from '../../model/app-environment.ts';
import type { ComposeConfig } from '../../model/compose-config.ts';
import type { ComposeSource } from '../../model/deploy-options.ts';
import { placeholderImage } from '../../model/image.ts';
import type { StepContext } from '../../model/step-context.ts';
import { programEnvironment } from '../../run/environment.ts';
import { type InlinedMounts, inlineMounts } from './checkout-files.ts';
import { type ComposeCli, parseComposeConfig, resolveToJson, unsetVariablesProblem } from './compose-cli.ts';
import { withTlsOfDockerfiles } from './dockerfile-healthcheck.ts';
import type { FileContents } from './inline-contents.ts';
import { minimalComposeFile } from './minimal-compose-file.ts';
import { readFileContents } from './read-file-contents.ts';
import { findRunnerPaths } from './runner-paths.ts';
import { variablesInUse } from './variables-in-use.ts';

/** A Compose file as the official CLI resolved it, and what it uses of the runner. Plain data. */
export interface ResolvedCompose {
  /** The output of `docker compose config`, in which every `$` is doubled. */
  readonly config: ComposeConfig;
  /** What `${IMAGE}` was: the repository with a digest that no image has. */
  readonly placeholder: string;
  /** The files, relative to the checkout; empty if there are none. */
  readonly files: readonly string[];
  /** What the first file calls its project. Sealift has names of its own. */
  readonly projectName?: string | undefined;
  /** Bind mounts of the checkout or of the runner's home that no configs can stand for. */
  readonly refusedMounts: InlinedMounts['refused'];
  /** Of the secrets and configs that are used. */
  readonly contents: FileContents;
  readonly notices: readonly string[];
  /** What must be fixed before a deploy, but not before a build: unset variables, missing secrets. */
  readonly problems: readonly string[];
}

/**
 * Resolves the user's Compose files, or a minimal one if there are none, with `docker compose config`, which does
 * interpolation, `env_file`, `extends`, `include`, profiles and merging. Needs no engine.
 * @param image repository of the image that `${IMAGE}` stands for
 * @param workspace the checkout, at which relative paths start
 * @param environment of the process; inputs and tokens are removed
 * @throws ConfigurationError that names `compose-file` and says what to change
 */
export async function resolveCompose(
  source: ComposeSource,
  appEnvironment: AppEnvironment,
  image: string,
  workspace: string,
  step: StepContext,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ResolvedCompose> {
  const placeholder = placeholderImage(image);
  const { files = [] } = source;
  const fileOptions =
    source.files === undefined
      ? ['--project-directory', workspace, '--file', '-']
      : files.flatMap((file) => ['--file', file]);
  const cli: ComposeCli = {
    step,
    cwd: workspace,
    env: {
      ...composeEnvironment(environment),
      ...Object.fromEntries(source.variables),
      IMAGE: placeholder,
    },
    options: ['--project-name', baseProject(appEnvironment), ...fileOptions],
    stdin: source.files === undefined ? minimalComposeFile(appEnvironment.app, source) : '',
  };
  const { json, unset } = await resolveToJson(cli);
  const resolved = parseComposeConfig(json);
  const runnerPaths = await findRunnerPaths(cli, resolved);
  const tls = await withTlsOfDockerfiles(resolved);
  const { config, refused, notices } = await inlineMounts(
    tls.config,
    runnerPaths,
    baseProject(appEnvironment),
    workspace,
  );
  const needed = unset.length > 0 ? await variablesInUse(cli, unset, resolved.services) : [];
  const problems = needed.length > 0 ? [unsetVariablesProblem(needed)] : [];
  const folder = dirname(resolve(workspace, files[0] ?? 'compose.yaml'));
  return {
    config,
    placeholder,
    files,
    projectName: await writtenProjectName(files[0], workspace),
    refusedMounts: refused,
    contents: await readFileContents(config, cli, folder, problems, source.withoutSecrets),
    notices: [
      ...files.flatMap((file) => overrideNotices(file, files, workspace)),
      ...tls.notices,
      ...notices,
    ],
    problems,
  };
}

/** The top-level `name:` of a Compose file, if it is written plainly. */
async function writtenProjectName(file: string | undefined, workspace: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(resolve(workspace, file), 'utf8').catch(() => '');
  return /^name:[ \t]*["']?([a-z0-9][a-z0-9_-]*)["']?[ \t]*$/m.exec(text)?.[1];
}

/** What Compose files may use: not the job's own tokens, nor settings that replace Sealift's options. */
function composeEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const hidden = /^(ACTIONS_|COMPOSE_(FILE|PROJECT_NAME|ENV_FILES)$)/;
  return Object.fromEntries(
    Object.entries(programEnvironment(environment)).filter(([name]) => !hidden.test(name)),
  );
}

/** `docker compose up` on a developer's machine reads these files too. They are for local work, so they are not deployed. */
function overrideNotices(file: string, files: readonly string[], workspace: string): readonly string[] {
  const [, base] = /^(.*?(?:docker-)?compose)\.ya?ml$/.exec(file) ?? [];
  if (base === undefined) return [];
  return ['yaml', 'yml']
    .map((extension) => `${base}.override.${extension}`)
    .filter((override) => !files.includes(override) && existsSync(join(workspace, override)))
    .map((override) => `${override} is for local work and not read; name it in compose-file if it is not.`);
}
