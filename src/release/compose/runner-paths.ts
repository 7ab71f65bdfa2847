import { statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { ComposeConfig, ServiceName } from '../../model/release.ts';
import { type ComposeCli, explainComposeError, isComposeTooOld, runComposeConfig } from './compose-cli.ts';
import { parseComposeConfig } from './compose-config.ts';
import { mountsOf } from './service.ts';

/** A bind mount whose source lies on the runner. */
export interface RunnerPath {
  readonly service: ServiceName;
  /** As the file says it: `./nginx.conf`, `~/data`. */
  readonly written: string;
  readonly target: string;
  readonly kind: 'file' | 'folder' | 'missing';
}

/** Stands for the runner's home where `~` is expanded, so that it can be told from an absolute path. */
const HOME_PLACEHOLDER = '/sealift-home-of-the-runner';

/**
 * Resolves the files a second time with paths as they are written, and answers what tells bind mounts of the runner in the
 * fully resolved config. If the files can't be resolved at all, the first run says so.
 * @throws ConfigurationError when Compose is too old to be asked.
 */
export async function findRunnerPaths(
  cli: ComposeCli,
): Promise<(config: ComposeConfig) => readonly RunnerPath[]> {
  const asWritten = await unresolvedConfig(cli);
  return (config) =>
    Object.entries(config.services).flatMap(([service, spec]) => {
      const written = mountsOf(asWritten?.services[service] ?? {});
      const mounts = mountsOf(spec);
      return mounts.flatMap((mount, at): readonly RunnerPath[] => {
        if (mount.type !== 'bind' || mount.source === undefined) return [];
        const raw = written.length === mounts.length ? written[at]?.source : undefined;
        if (!isOnRunner(raw, mount.source, cli.cwd)) return [];
        const text = (raw ?? mount.source).replace(HOME_PLACEHOLDER, '~');
        return [{ service, written: text, target: mount.target, kind: runnerPathKind(mount.source) }];
      });
    });
}

function isOnRunner(written: string | undefined, path: string, workspace: string): boolean {
  const isRelative = written !== undefined && /^[^/$]/.test(written);
  return (
    isRelative ||
    written?.startsWith(HOME_PLACEHOLDER) === true ||
    `${path}${sep}`.startsWith(join(workspace, sep))
  );
}

/**
 * With `--no-path-resolution` Compose looks for the `env_file` of an included or extended file in the wrong folder; then
 * variables are left alone, which leaves those files alone too.
 */
async function unresolvedConfig(cli: ComposeCli): Promise<ComposeConfig | undefined> {
  const env: Partial<Record<string, string>> = cli.env;
  const dockerConfig = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? '/', '.docker');
  const elsewhere = { ...cli, env: { ...cli.env, HOME: HOME_PLACEHOLDER, DOCKER_CONFIG: dockerConfig } };
  for (const flags of [[], ['--no-interpolate']]) {
    const options = ['--no-path-resolution', '--no-env-resolution', ...flags];
    const result = await runComposeConfig(elsewhere, options).catch((error: unknown) => {
      if (isComposeTooOld(error)) throw explainComposeError(error, cli.cwd);
    });
    if (result !== undefined) return parseComposeConfig(result.stdout);
  }
  return undefined;
}

function runnerPathKind(path: string): RunnerPath['kind'] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'missing';
  return found.isFile() ? 'file' : 'folder';
}
