import { posix } from 'node:path';
import type { ComposeConfig, ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import {
  asList,
  asNumber,
  asObject,
  asText,
  mapValues,
  pickKeys,
  unescapeDollars,
  withoutKeys,
} from '../../model/json.ts';
import type { ConfidentialValues, InlineFile } from '../../model/release.ts';
import { MAX_VARIABLE_BYTES } from '../../run/environment.ts';
import type { Problems } from './problems.ts';
import { fileObjectName, mountsOf } from './service.ts';

/**
 * Secrets and configs whose files are on the runner. Their contents are passed as environment variables of the `docker compose`
 * process, which copies them into the containers. They are in no file, no argument and no record.
 */
export interface InlinedContents {
  readonly secrets: Readonly<Record<string, ComposeObject>>;
  readonly configs: Readonly<Record<string, ComposeObject>>;
  readonly values: ConfidentialValues;
}

export type FileObjectKind = 'secret' | 'config';
/** Contents by kind and name, as they were read on the runner. */
export type FileContents = ReadonlyMap<`${FileObjectKind}:${string}`, string>;

/** Arguments and environment of a process share a quarter of its stack, 2 MiB by default. */
const MAX_VARIABLES_BYTES = 1024 * 1024;

/**
 * Secrets and configs with their contents in place of files, which a server does not have. One that is external, or too long
 * for the environment of `docker compose`, is a problem.
 */
export function inlineContents(
  config: ComposeConfig,
  contents: FileContents,
  problems: Problems,
): InlinedContents {
  const values = new Map<string, string>();
  const each = (kind: FileObjectKind, all: ComposeConfig['secrets']): Record<string, ComposeObject> =>
    mapValues(all ?? {}, (spec, name) => {
      if (spec['external'] === true) {
        problems.add(
          `compose-file: ${kind} ${name} is external, which only a Swarm has. Give it file: or environment:, and Sealift passes the content.`,
        );
      }
      const content = contents.get(`${kind}:${name}`);
      if (content === undefined) return { content: asText(spec['content']) ?? '' };
      const reason = whyNotTransferable(content);
      if (reason !== undefined) problems.add(`compose-file: ${kind} ${name} ${reason}`);
      const variable = freeVariableName(contentVariable(kind, name), values);
      values.set(variable, content);
      return { environment: variable };
    });
  const inlined = { secrets: each('secret', config.secrets), configs: each('config', config.configs) };
  const total = [...values.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0);
  if (total > MAX_VARIABLES_BYTES) {
    problems.add(
      `compose-file: secrets and configs hold ${Math.ceil(total / 1024)} KiB, but the limit is 1024 KiB. Copy large files into the image.`,
    );
  }
  return { ...inlined, values };
}

function whyNotTransferable(content: string): string | undefined {
  if (content.includes('\0') || content.includes('\uFFFD'))
    return 'is not text (UTF-8). Store it as base64 text and decode it when the container starts, or copy it into the image.';
  const bytes = Buffer.byteLength(content);
  return bytes > MAX_VARIABLE_BYTES
    ? `has ${Math.ceil(bytes / 1024)} KiB, but the limit is 127 KiB. Copy it into the image.`
    : undefined;
}

/** The variable with the content of a secret or config; the second of two names that are the same in it gets a number. */
export const contentVariable = (kind: FileObjectKind, name: string): string =>
  `SEALIFT_${kind}_${name}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** Whether a variable holds the content of a secret, and not that of a config. */
export const isSecretVariable = (variable: string): boolean =>
  variable.startsWith(contentVariable('secret', ''));

function freeVariableName(name: string, taken: ReadonlyMap<string, string>): string {
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}_${count}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** Secrets and configs of a Compose file. */
type FileObjects = Pick<ComposeConfig, 'secrets' | 'configs'>;

/** The secrets and configs that services use. */
export function usedFileObjects(
  { secrets = {}, configs = {} }: FileObjects,
  services: Readonly<Record<ServiceName, ComposeService>>,
): Required<FileObjects> {
  const used = (key: keyof FileObjects): readonly string[] =>
    Object.values(services).flatMap((service) => asList(service[key]).map(fileObjectName));
  return { secrets: pickKeys(secrets, used('secrets')), configs: pickKeys(configs, used('configs')) };
}

/** Compose copies contents into a container before it starts, which it refuses if the root is read-only. */
export function rejectReadOnlyAccessory(
  name: ServiceName,
  service: ComposeService,
  problems: Problems,
): void {
  const used = [...asList(service['secrets']), ...asList(service['configs'])].map(fileObjectName);
  if (service['read_only'] !== true || used.length === 0) return;
  problems.add(
    `compose-file: accessory ${name} is read_only, and Compose can't put ${used.join(', ')} into such a container. Remove read_only there, or pass the values by environment:.`,
    'services',
    name,
    'read_only',
  );
}

/** The secrets and configs of a released service with a read-only root; none for others. */
export function readOnlyFiles(
  name: ServiceName,
  service: ComposeService,
  inlined: InlinedContents,
  problems: Problems,
): readonly InlineFile[] {
  if (service['read_only'] !== true) return [];
  const files = [
    ...asList(service['secrets']).map((use) => inlineFileOf(name, use, '/run/secrets/', inlined.secrets)),
    ...asList(service['configs']).map((use) => inlineFileOf(name, use, '/', inlined.configs)),
  ];
  for (const { folder, name: file } of files) {
    if (folder !== '/') continue;
    problems.add(
      `compose-file: service ${name} is read_only, so nothing can be put into its root folder. Give ${file} a target in a folder of its own: target: /etc/${name}/${file}.`,
      'services',
      name,
      'read_only',
    );
  }
  return files;
}

function inlineFileOf(
  service: ServiceName,
  use: unknown,
  folder: string,
  specs: Readonly<Record<string, ComposeObject>>,
): InlineFile {
  const source = fileObjectName(use);
  const options = asObject(use);
  const target = posix.resolve(folder, unescapeDollars(asText(options['target']) ?? source));
  const spec = asObject(specs[source]);
  const variable = asText(spec['environment']);
  return {
    service,
    folder: posix.dirname(target),
    name: posix.basename(target),
    uid: asNumber(options['uid']) ?? 0,
    gid: asNumber(options['gid']) ?? 0,
    mode: Number.parseInt(asText(options['mode']) ?? '0444', 8),
    from: variable === undefined ? { content: asText(spec['content']) ?? '' } : { variable },
  };
}

/** A read-only service with volumes for the files that Compose can't copy into it. */
export function withFileVolumes(service: ComposeService, files: readonly InlineFile[]): ComposeService {
  if (files.length === 0) return service;
  const folders = new Set(files.map(({ folder }) => folder));
  for (const { target } of mountsOf(service)) folders.delete(target);
  const volumes = [...folders].map((target) => ({ type: 'volume', target, volume: {} }));
  return {
    ...withoutKeys(service, 'secrets', 'configs'),
    volumes: [...asList(service['volumes']), ...volumes],
  };
}
