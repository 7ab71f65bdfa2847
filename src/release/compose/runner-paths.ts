import { statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { ComposeConfig } from '../../model/compose-config.ts';
import { CommandError } from '../../model/errors.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { type ComposeCli, parseComposeConfig, runComposeConfig } from './compose-cli.ts';
import { type Mount, mountsOf } from './service.ts';

/** A bind mount whose source is on the runner. */
export interface RunnerPath {
  readonly service: ServiceName;
  /** As it is written in the file: `./nginx.conf`, `~/data`. */
  readonly written: string;
  /** Where it is on the runner. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly kind: 'file' | 'folder' | 'missing';
}

/** Replaces the runner's home where `~` is expanded, so that it differs from an absolute path. */
const HOME_PLACEHOLDER = '/sealift-home-of-the-runner';

/**
 * Finds the bind mounts of the runner in the resolved config. If there are any bind mounts, the files are resolved a second time, with
 * paths as they are written.
 */
export async function findRunnerPaths(
  cli: ComposeCli,
  { services }: Pick<ComposeConfig, 'services'>,
): Promise<readonly RunnerPath[]> {
  const binds = Object.values(services).flatMap(mountsOf).filter(isBind);
  const asWritten = binds.length === 0 ? undefined : await unresolvedConfig(cli);
  return Object.entries(services).flatMap(([service, spec]) => {
    const written = mountsOf(asWritten?.services[service] ?? {});
    const mounts = mountsOf(spec);
    return mounts.flatMap((mount, index): readonly RunnerPath[] => {
      if (!isBind(mount) || mount.source === undefined) return [];
      const source = written.length === mounts.length ? written[index]?.source : undefined;
      if (!isOnRunner(source, mount.source, cli.cwd)) return [];
      const text = (source ?? mount.source).replace(HOME_PLACEHOLDER, '~');
      const { source: path, target, readOnly } = mount;
      return [{ service, written: text, source: path, target, readOnly, kind: runnerPathKind(path) }];
    });
  });
}

const isBind = ({ type }: Mount): boolean => type === 'bind';

function isOnRunner(written = '', path: string, workspace: string): boolean {
  const isRelative = /^[^/$]/.test(written);
  const isInCheckout = `${path}${sep}`.startsWith(join(workspace, sep));
  return isRelative || isInCheckout || written.startsWith(HOME_PLACEHOLDER);
}

/**
 * With `--no-path-resolution` Compose looks for the `env_file` of an included or extended file in the wrong folder. The
 * second attempt leaves variables alone, and with them those files.
 */
async function unresolvedConfig(cli: ComposeCli): Promise<ComposeConfig | undefined> {
  const { DOCKER_CONFIG, HOME = '/' }: Partial<Record<string, string>> = cli.env;
  const dockerConfig = DOCKER_CONFIG ?? join(HOME, '.docker');
  const elsewhere = { ...cli, env: { ...cli.env, HOME: HOME_PLACEHOLDER, DOCKER_CONFIG: dockerConfig } };
  for (const flags of [[], ['--no-interpolate']]) {
    const options = ['--no-path-resolution', '--no-env-resolution', ...flags];
    const result = await runComposeConfig(elsewhere, options).catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
    });
    if (result !== undefined) return parseComposeConfig(result.stdout);
  }
  return undefined;
}

function runnerPathKind(path: string): RunnerPath['kind'] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'missing';
  return stats.isFile() ? 'file' : 'folder';
}
