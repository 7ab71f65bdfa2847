import type { ComposeConfig } from '../../model/compose-config.ts';
import { ConfigurationError } from '../../model/errors.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import type { PinnedImage } from '../../model/image.ts';
import { asObject, mapStrings, mapValues } from '../../model/json.ts';
import type { InlineFile, ReleasedService } from '../../model/release.ts';
import type { SplitProject } from './split-project.ts';

type ImagesByKey = ReadonlyMap<string, PinnedImage>;

/**
 * Replaces `build:`, and what `${IMAGE}` was, by digests, also inside other strings.
 * @throws ConfigurationError that names a service without an image
 */
export function withImages(
  split: SplitProject,
  images: ImagesByKey,
): {
  readonly compose: ComposeConfig;
  readonly base: ComposeConfig;
  readonly files: readonly InlineFile[];
  readonly services: Readonly<Record<ServiceName, ReleasedService>>;
} {
  const services = mapValues(split.services, ({ imageKey, ...service }, name) => ({
    ...service,
    image: imageForService(split.services, images, name, imageKey),
  }));
  const replace = placeholderReplacer(split, images);
  const insert = (section: Readonly<Record<string, unknown>> = {}) =>
    mapValues(section, (each) => asObject(mapStrings(each, replace)));
  const insertAll = ({ services: section, networks, volumes, secrets, configs }: ComposeConfig) => ({
    services: insert(section),
    networks: insert(networks),
    volumes: insert(volumes),
    secrets: insert(secrets),
    configs: insert(configs),
  });
  const compose = insertAll(split.compose);
  return {
    services,
    base: insertAll(split.base),
    files: split.files.map((file) =>
      'content' in file.from ? { ...file, from: { content: replace(file.from.content) } } : file,
    ),
    compose: {
      ...compose,
      services: mapValues(compose.services, (service, name) => ({
        ...service,
        image: services[name]?.image,
      })),
    },
  };
}

type ImageKeys = Readonly<Record<ServiceName, { readonly imageKey: string }>>;

/**
 * The image of each service that is built.
 * @throws ConfigurationError that names a service without an image
 */
export function imagesOfServices(
  services: ImageKeys,
  images: ImagesByKey,
): Readonly<Record<ServiceName, PinnedImage>> {
  return mapValues(services, ({ imageKey }, name) => imageForService(services, images, name, imageKey));
}

/** Replaces what `${IMAGE}` was inside a text. */
export function placeholderReplacer(
  { placeholder, services }: { readonly placeholder: string; readonly services: ImageKeys },
  images: ImagesByKey,
): (text: string) => string {
  const [name] = Object.keys(services).filter((each) => services[each]?.imageKey === '');
  const main = name === undefined ? images.get('') : imageForService(services, images, name, '');
  return (text) => {
    if (!text.includes(placeholder)) return text;
    if (main !== undefined) return text.replaceAll(placeholder, main);
    throw new ConfigurationError(
      'compose-file: ${IMAGE} is used, but every service has an image of its own, so it has no value. Use it as image: of a service, or remove it.',
    );
  };
}

/**
 * Checks, before a registry is queried, that the Compose file releases what images are given for.
 * @param keys services, and '' for what `${IMAGE}` stands for
 * @throws ConfigurationError that names the released services
 */
export function rejectUnknownServices(
  split: {
    readonly services: ImageKeys;
    readonly base: Pick<ComposeConfig, 'services'>;
    readonly buildOnly?: readonly ServiceName[];
  },
  keys: Iterable<string>,
): void {
  const released = Object.entries(split.services);
  const known = new Set([
    '',
    ...(split.buildOnly ?? []),
    ...released.flatMap(([name, { imageKey }]) => [name, imageKey]),
  ]);
  for (const key of keys) {
    if (known.has(key)) continue;
    const what =
      split.base.services[key] === undefined
        ? 'which the Compose file does not have'
        : 'which is an accessory: its image is the one in the Compose file';
    throw new ConfigurationError(
      `image: the line "${key}=…" is for service ${key}, ${what}. Released services: ${released.map(([name]) => name).join(', ')}.`,
    );
  }
}

function imageForService(
  services: ImageKeys,
  images: ImagesByKey,
  name: ServiceName,
  key: string,
): PinnedImage {
  const sharers = Object.keys(services).filter((each) => services[each]?.imageKey === key);
  const only = images.size === 1 && sharers.length === Object.keys(services).length;
  // A line for one service counts for all that run the same image, unless they have lines of their own.
  const lines = sharers.map((each) => images.get(each));
  const [shared, ...others] = new Set(lines.filter((image) => image !== undefined));
  const image =
    (key === '' ? images.get(key) : undefined) ??
    images.get(name) ??
    images.get(key) ??
    (others.length === 0 ? shared : undefined) ??
    (only ? [...images.values()][0] : undefined);
  if (image !== undefined) return image;
  const given = [...images].map(([of, each]) => (of === '' ? each : `${of}=${each}`)).join(', ');
  const missing = key === '' ? 'repository@sha256:…' : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given === '' ? '' : `, only ${given}`}. Add a line ${missing}.`,
  );
}
