import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian puts the plugins of docker. */
const PLUGINS = ['/usr/libexec/docker/cli-plugins', '/usr/lib/docker/cli-plugins'].find((folder) =>
  existsSync(join(folder, 'docker-compose')),
);

/** Stands for an old Compose, which no package of Debian 12 is. */
const OLD_COMPOSE = `#!/bin/sh
case "$*" in
  docker-cli-plugin-metadata) echo '{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v2.20.0"}' ;;
  *'version --short'*) echo 2.20.0 ;;
  *--no-env-resolution*) echo 'unknown flag: --no-env-resolution' >&2; exit 16 ;;
  *) echo '{}' ;;
esac
`;

/** A folder for the front of PATH. */
export interface DockerOnPath extends AsyncDisposable {
  readonly folder: string;
}

/** The plugin itself, as Debian has it. */
export const composeBinary = (): string => join(pluginsFolder(), 'docker-compose');

/** The real `docker`, but on a runner that has no Compose plugin, or an old one: it runs where that folder is another. */
export async function dockerWithoutCompose({ old = false } = {}): Promise<DockerOnPath> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-'));
  const plugins = pluginsFolder();
  await mkdir(join(folder, 'others'));
  await writeFile(join(folder, 'old-compose'), OLD_COMPOSE, { mode: 0o755 });
  const inNamespace = [
    `mount --bind ${plugins} ${folder}/others`,
    `mount -t tmpfs tmpfs ${plugins}`,
    `ln -s ${folder}/others/docker-buildx ${plugins}`,
    ...(old ? [`ln -s ${folder}/old-compose ${plugins}/docker-compose`] : []),
    'exec /usr/bin/docker "$@"',
  ].join(' && ');
  const docker = join(folder, 'docker');
  await writeFile(docker, `#!/bin/sh\nexec unshare --mount sh -c '${inNamespace}' docker "$@"\n`);
  await chmod(docker, 0o755);
  return {
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function pluginsFolder(): string {
  if (PLUGINS === undefined) throw new Error('The lab has no Compose: lab/lab install');
  return PLUGINS;
}
