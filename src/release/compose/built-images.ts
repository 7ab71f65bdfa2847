import type { ComposeConfig, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { isSameImageName } from '../../model/image.ts';
import { asObject, asStrings, asText, canonicalJson, isObject, type JsonObject } from '../../model/json.ts';

/** One image that a Compose file builds, and the services that run it. */
export interface BuiltImage {
  /** The first service with this `build:`. */
  readonly service: ServiceName;
  /** The resolved `build:`. */
  readonly build: JsonObject;
  /** All services that run it: with an identical `build:`, or with its name in `image:`. The first one is `service`. */
  readonly services: readonly ServiceName[];
  /** Its names in `image:`, each once. */
  readonly names: readonly string[];
}

/**
 * The images that a Compose file builds. Identical builds are one image, as with a YAML anchor: it is built, tested and pushed
 * once. Names are compared as docker does: without a tag, it is `latest`.
 */
export function builtImagesOf({ services }: ComposeConfig): readonly BuiltImage[] {
  const images = new Map<string, BuiltImage>();
  const others: [ServiceName, string][] = [];
  for (const [service, definition] of Object.entries(services)) {
    const { build } = definition;
    const name = asText(definition['image']);
    const named = name === undefined ? [] : [name];
    if (!isObject(build)) {
      others.push(...named.map((each): [ServiceName, string] => [service, each]));
      continue;
    }
    const key = canonicalJson([build, platformOf(definition)]);
    const same = images.get(key) ?? { service, build, services: [], names: [] };
    images.set(key, {
      ...same,
      services: [...same.services, service],
      names: [...new Set([...same.names, ...named])],
    });
  }
  return [...images.values()].map((image) => ({
    ...image,
    services: [...image.services, ...others.filter(isNamed(image)).map(([service]) => service)],
  }));
}

/** The platform that decides what is built. */
const platformOf = ({ build, platform }: ComposeService): unknown =>
  asStrings(asObject(build)['platforms']).length > 0 ? undefined : platform;

const isNamed =
  ({ names }: BuiltImage) =>
  ([, name]: readonly [ServiceName, string]): boolean =>
    names.some((each) => isSameImageName(each, name));
