import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ComposeConfig, ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asList, asObject, asText, escapeDollars, unescapeDollars } from '../../model/json.ts';
import { fileVolume, type VolumeFile } from './file-volumes.ts';
import type { RunnerPath } from './runner-paths.ts';
import { isSecretPath } from './secret-names.ts';

/** Of a file, and of a folder with all that is in it. */
const MAX_BYTES = 1024 * 1024;
const MAX_FILES = 200;

/** Its path is that in the folder that is mounted; '' for a file that is mounted itself. */
type MountedFile = VolumeFile;

/** The Compose file with configs and volumes in place of mounted files, and the mounts for which that can't be, each with the reason. */
export interface InlinedMounts {
  readonly config: ComposeConfig;
  readonly refused: readonly (RunnerPath & { readonly reason: string })[];
  readonly notices: readonly string[];
}

/**
 * A server has no checkout. So files of it that services mount become configs, whose contents Compose copies into the containers;
 * a folder becomes a volume with its files, which is mounted read-only as the folder is.
 * @param project of the accessories, which owns the volumes
 * @param workspace the checkout
 */
export async function inlineMounts(
  config: ComposeConfig,
  paths: readonly RunnerPath[],
  project: string,
  workspace: string,
): Promise<InlinedMounts> {
  if (paths.length === 0) return { config, refused: [], notices: [] };
  const services: Record<ServiceName, ComposeService> = { ...config.services };
  const configs: Record<string, ComposeObject> = { ...config.configs };
  const volumes: Record<string, ComposeObject | null> = { ...config.volumes };
  const refused: (RunnerPath & { readonly reason: string })[] = [];
  const notices: string[] = [];
  for (const path of paths) {
    const found = await readMount(path, workspace);
    if (typeof found === 'string') {
      refused.push({ ...path, reason: found });
      continue;
    }
    const service = services[path.service] ?? {};
    if (path.kind === 'folder') {
      const { key, spec } = fileVolume(project, found);
      volumes[key] = spec;
      services[path.service] = withFolder(service, path.target, key);
      continue;
    }
    const uses = found.map(({ content, mode }) => ({
      source: addConfig(configs, path.written, content),
      target: escapeDollars(path.target),
      mode,
    }));
    services[path.service] = withConfigs(service, path.target, uses);
    if (!path.readOnly)
      notices.push(
        `${path.service}: ${path.written} is copied into the container. What the container writes to ${path.target} is gone when it is replaced; if it writes nothing, add :ro to the mount.`,
      );
  }
  const withVolumes = Object.keys(volumes).length > 0 ? { volumes } : {};
  return { config: { ...config, services, configs, ...withVolumes }, refused, notices };
}

/** @returns the files of a mount, or why it can't be made of configs */
async function readMount(path: RunnerPath, workspace: string): Promise<readonly MountedFile[] | string> {
  if (path.kind === 'missing') return 'nothing is there';
  try {
    if (path.kind === 'folder') return await readFolder(path, workspace);
    return [await readMountedFile(path, '', workspace)];
  } catch (error) {
    if (error instanceof NotCopied) return error.message;
    throw error;
  }
}

/** Why a file is not copied into a container. */
class NotCopied extends Error {}

async function readFolder(path: RunnerPath, workspace: string): Promise<readonly MountedFile[]> {
  if (!path.readOnly) throw new NotCopied('the container can write to it (with :ro it is copied)');
  const files: MountedFile[] = [];
  const read = async (folder: string): Promise<void> => {
    const entries: readonly Dirent[] = await readdir(join(path.source, folder), { withFileTypes: true });
    for (const { name } of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      const inside = join(folder, name);
      if ((await stat(join(path.source, inside))).isDirectory()) await read(inside);
      else files.push(await readMountedFile(path, inside, workspace));
      if (files.length > MAX_FILES) throw new NotCopied(`it holds more than ${MAX_FILES} files`);
    }
  };
  await read('');
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > MAX_BYTES) throw new NotCopied('it holds more than 1 MB');
  if (files.length === 0) throw new NotCopied('it is empty');
  return files;
}

/** @param path in a folder that is mounted; '' for a file that is mounted itself */
async function readMountedFile(
  { source: mounted, target, readOnly }: RunnerPath,
  path: string,
  workspace: string,
): Promise<MountedFile> {
  const named = path || 'it';
  const source = join(mounted, path);
  const real = relative(await realpath(workspace), await realpath(source));
  if (real === '..' || real.startsWith(`..${sep}`))
    throw new NotCopied(`${named} is outside of the checkout`);
  const { size, mode } = await stat(source);
  if (size > MAX_BYTES) throw new NotCopied(`${named} has more than 1 MB`);
  // A link may have a harmless name, and so may a file that is a secret where it is mounted.
  if ([relative(workspace, source), real, join(target, path)].some(isSecretPath))
    throw new NotCopied(`${named} looks like a secret`);
  if (!readOnly && isDataName(source)) throw new NotCopied('the container may write to it');
  if (!readOnly && size === 0) throw new NotCopied('it is empty, as if the container writes to it');
  const content = await readFile(source, 'utf8');
  if (content.includes('PRIVATE KEY-----')) throw new NotCopied(`${named} holds a private key`);
  if (content.includes('\0') || content.includes('\uFFFD'))
    throw new NotCopied(`${named} is not text (UTF-8)`);
  // Git knows nothing of a file's mode but whether it can be executed.
  return { path, content, mode: (mode & 0o100) === 0 ? '0444' : '0555' };
}

/** What programs write: databases and logs. */
const isDataName = (path: string): boolean => /\.(db|sqlite3?|log|pid|sock|dump|rdb)$/i.test(path);

/** Adds a config under a free name that tells where it is from: `./conf.d/site.conf` is `conf.d_site.conf`. */
function addConfig(configs: Record<string, ComposeObject>, path: string, content: string): string {
  const name = path.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._-]+/, '') || 'file';
  const escaped = escapeDollars(content);
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    const existing = configs[candidate];
    if (existing !== undefined && asText(existing['content']) !== escaped) continue;
    configs[candidate] = { content: escaped };
    return candidate;
  }
}

const withoutMount = (service: ComposeService, target: string): readonly unknown[] =>
  asList(service['volumes']).filter(
    (mount) => unescapeDollars(asText(asObject(mount)['target']) ?? '') !== target,
  );

const withConfigs = (
  service: ComposeService,
  target: string,
  uses: readonly { readonly source: string; readonly target: string; readonly mode: string }[],
): ComposeService => ({
  ...service,
  volumes: withoutMount(service, target),
  configs: [...asList(service['configs']), ...uses],
});

/** Without `nocopy` the engine copies into an empty volume what the image has there. */
const withFolder = (service: ComposeService, target: string, key: string): ComposeService => ({
  ...service,
  volumes: [
    ...withoutMount(service, target),
    {
      ...{ type: 'volume', source: key, target: escapeDollars(target) },
      ...{ read_only: true, volume: { nocopy: true } },
    },
  ],
});
