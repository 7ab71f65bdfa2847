import type {
  ComposeConfig,
  ComposeObject,
  ComposeService,
  Confidential,
  ServiceName,
} from '../../model/release.ts';
import { list, mapValues, text } from './data.ts';
import type { Problems } from './problems.ts';
import { sourceOf } from './service.ts';

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
    `compose-file: service ${name} is read_only, and Compose can't put ${used.join(', ')} into such a container. Remove read_only there, hand the values over by environment:, or copy what is not secret into the image.`,
  );
}
