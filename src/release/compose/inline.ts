import { posix } from 'node:path';
import type {
  ComposeConfig,
  ComposeObject,
  ComposeService,
  Confidential,
  InlineFile,
  ServiceName,
} from '../../model/release.ts';
import { count, list, mapValues, object, text, unescaped, without } from './data.ts';
import type { Problems } from './problems.ts';
import { mountsOf, sourceOf } from './service.ts';

/**
 * Secrets and configs whose files lie on the runner. Their contents travel as environment variables of the `docker compose`
 * process, which copies them into the containers: they are in no file, no argument and no record.
 */
export interface Inline {
  readonly secrets: Readonly<Record<string, ComposeObject>>;
  readonly configs: Readonly<Record<string, ComposeObject>>;
  readonly values: Confidential;
}

export type Kind = 'secret' | 'config';
/** Contents by kind and name, as they were read on the runner. */
export type Contents = ReadonlyMap<`${Kind}:${string}`, string>;

/** The kernel's limit for one variable (MAX_ARG_STRLEN), name included. */
const LONGEST = 128 * 1024 - 256;
/** Arguments and environment of a process share a quarter of its stack, 2 MiB where nothing else is set. */
const LONGEST_TOGETHER = 1024 * 1024;

/**
 * Secrets and configs with their contents in place of files, which a server does not have. What is external, or too long for
 * the environment of `docker compose`, is a problem.
 */
export function inline(config: ComposeConfig, contents: Contents, problems: Problems): Inline {
  const values = new Map<string, string>();
  const each = (kind: Kind, all: ComposeConfig['secrets']): Record<string, ComposeObject> =>
    mapValues(all ?? {}, (spec, name) => {
      if (spec['external'] === true) problems.add(external(kind, name));
      const content = contents.get(`${kind}:${name}`);
      if (content === undefined) return { content: text(spec['content']) ?? '' };
      const unfit = whyUnfit(content);
      if (unfit !== undefined) problems.add(`compose-file: ${kind} ${name} ${unfit}`);
      const variable = freeName(`SEALIFT_${kind}_${name}`, values);
      values.set(variable, content);
      return { environment: variable };
    });
  const inlined = { secrets: each('secret', config.secrets), configs: each('config', config.configs) };
  const total = [...values.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > LONGEST_TOGETHER) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, and 1024 KiB can travel. Copy large files into the image.`,
    );
  }
  return { ...inlined, values };
}

function external(kind: Kind, name: string): string {
  return `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, whose content Sealift takes along.`;
}

function whyUnfit(content: string): string | undefined {
  const otherwise =
    'Store it as base64 text and decode it when the container starts, or copy it into the image.';
  if (content.includes('\0') || content.includes('\uFFFD')) return `is not text (UTF-8). ${otherwise}`;
  const bytes = Buffer.byteLength(content);
  return bytes > LONGEST
    ? `has ${Math.ceil(bytes / 1024)} KiB, and at most 127 KiB can travel. Copy it into the image.`
    : undefined;
}

function freeName(wish: string, taken: ReadonlyMap<string, string>): string {
  const name = wish.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Names of the secrets or configs that services use. */
export function usedBy(
  services: Readonly<Record<ServiceName, ComposeService>>,
  key: 'secrets' | 'configs',
): ReadonlySet<string> {
  return new Set(Object.values(services).flatMap((service) => list(service[key]).map(sourceOf)));
}

/** Compose copies contents into a container before it starts, and refuses to where the root is read-only. */
export function refuseReadOnly(name: ServiceName, service: ComposeService, problems: Problems): void {
  const used = [...list(service['secrets']), ...list(service['configs'])].map(sourceOf);
  if (service['read_only'] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(', ')} into such a container. Remove read_only there, or hand the values over by environment:.`,
  );
}

/** The secrets and configs of a released service with a read-only root; none for others. */
export function readOnlyFiles(
  name: ServiceName,
  service: ComposeService,
  inlined: Inline,
  problems: Problems,
): readonly InlineFile[] {
  if (service['read_only'] !== true) return [];
  const files = [
    ...list(service['secrets']).map((use) => fileOf(name, use, '/run/secrets/', inlined.secrets)),
    ...list(service['configs']).map((use) => fileOf(name, use, '/', inlined.configs)),
  ];
  for (const { folder, name: file } of files) {
    if (folder !== '/') continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file} a target in a folder of its own: target: /etc/${name}/${file}.`,
    );
  }
  return files;
}

function fileOf(
  service: ServiceName,
  use: unknown,
  folder: string,
  specs: Readonly<Record<string, ComposeObject>>,
): InlineFile {
  const source = sourceOf(use);
  const options = object(use);
  const target = posix.resolve(folder, unescaped(text(options['target']) ?? source));
  const spec = object(specs[source]);
  const variable = text(spec['environment']);
  return {
    service,
    folder: posix.dirname(target),
    name: posix.basename(target),
    uid: count(options['uid']) ?? 0,
    gid: count(options['gid']) ?? 0,
    mode: Number.parseInt(text(options['mode']) ?? '0444', 8),
    from: variable === undefined ? { content: text(spec['content']) ?? '' } : { variable },
  };
}

/** A read-only service as Compose is given it: a volume in place of what Compose can't copy. */
export function withRoomFor(service: ComposeService, files: readonly InlineFile[]): ComposeService {
  if (files.length === 0) return service;
  const mounted = mountsOf(service).map((mount) => mount.target);
  const folders = [...new Set(files.map((file) => file.folder))].filter(
    (folder) => !mounted.includes(folder),
  );
  const volumes = folders.map((target) => ({ type: 'volume', target, volume: {} }));
  return { ...without(service, 'secrets', 'configs'), volumes: [...list(service['volumes']), ...volumes] };
}
