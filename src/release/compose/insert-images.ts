import { ConfigurationError } from '../../model/errors.ts';
import type { PinnedImage } from '../../model/image.ts';
import { asObject, mapValues } from '../../model/json.ts';
import type { ComposeConfig, InlineFile, ReleasedService, ServiceName } from '../../model/release.ts';
import type { SplitProject } from './split-project.ts';

type ImagesByKey = ReadonlyMap<string, PinnedImage>;

/**
 * Puts digests in the place of `build:` and of what `${IMAGE}` was, also inside other strings.
 * @throws ConfigurationError naming services without an image.
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
    image: imageForService(split, images, name, imageKey),
  }));
  const main =
    images.get('') ??
    Object.values(services).find(({ name }) => split.services[name]?.imageKey === '')?.image;
  const replace = (value: unknown): unknown => replacePlaceholder(value, split.placeholder, main);
  const all = (config: ComposeConfig): ComposeConfig => ({
    services: mapValues(config.services, (service) => asObject(replace(service))),
    networks: mapValues(config.networks ?? {}, (each) => asObject(replace(each))),
    volumes: mapValues(config.volumes ?? {}, (each) => asObject(replace(each))),
    secrets: mapValues(config.secrets ?? {}, (each) => asObject(replace(each))),
    configs: mapValues(config.configs ?? {}, (each) => asObject(replace(each))),
  });
  const compose = all(split.compose);
  return {
    services,
    base: all(split.base),
    files: split.files.map((file) =>
      'content' in file.from ? { ...file, from: { content: String(replace(file.from.content)) } } : file,
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

/**
 * What images are given for must be there to run them: told before any registry is asked for them.
 * @param keys services, and '' for what `${IMAGE}` stands for
 * @throws ConfigurationError naming the released services
 */
export function rejectUnknownServices(split: SplitProject, keys: Iterable<string>): void {
  const released = Object.values(split.services);
  const known = new Set(['', ...released.flatMap(({ name, imageKey }) => [name, imageKey])]);
  for (const key of keys) {
    if (known.has(key)) continue;
    const what =
      split.base.services[key] === undefined
        ? 'which the Compose file does not have'
        : 'which is an accessory: its image is the one in the Compose file';
    throw new ConfigurationError(
      `image: the line "${key}=…" is for service ${key}, ${what}. Released services: ${released.map(({ name }) => name).join(', ')}.`,
    );
  }
}

function imageForService(
  split: SplitProject,
  images: ImagesByKey,
  name: ServiceName,
  key: string,
): PinnedImage {
  const keys = new Set(Object.values(split.services).map((service) => service.imageKey));
  const only = images.size === 1 && keys.size === 1 ? [...images.values()][0] : undefined;
  const image = images.get(key) ?? images.get(name) ?? only;
  if (image !== undefined) return image;
  const given = [...images].map(([of, each]) => (of === '' ? each : `${of}=${each}`)).join(', ');
  const wish = key === '' ? 'repository@sha256:…' : `${key}=repository@sha256:…`;
  throw new ConfigurationError(
    `image: there is none for service ${name}${given === '' ? '' : `, only ${given}`}. Add a line ${wish}.`,
  );
}

function replacePlaceholder(value: unknown, placeholder: string, image: PinnedImage | undefined): unknown {
  if (typeof value === 'string') {
    if (!value.includes(placeholder)) return value;
    if (image === undefined) {
      throw new ConfigurationError(
        'compose-file: ${IMAGE} is used, but every service has an image of its own, so it stands for none. Use it as image: of a service, or remove it.',
      );
    }
    return value.replaceAll(placeholder, image);
  }
  if (Array.isArray(value)) return value.map((each) => replacePlaceholder(each, placeholder, image));
  if (typeof value !== 'object' || value === null) return value;
  return mapValues(asObject(value), (each) => replacePlaceholder(each, placeholder, image));
}
