import type { ServiceName } from '../../model/identifiers.ts';
import { asText } from '../../model/json.ts';
import type { ComposeConfig, ComposeService } from '../../model/release.ts';
import type { Problems } from './problems.ts';

/** A resolved Compose file whose services are classified: released services and accessories. */
export interface Project {
  readonly config: ComposeConfig;
  /** Released service → key of its image: its own name, the name of the service that builds it, or '' for `${IMAGE}`. */
  readonly released: ReadonlyMap<ServiceName, string>;
  readonly isReleased: (name: ServiceName) => boolean;
  readonly service: (name: ServiceName) => ComposeService;
  readonly accessories: readonly ServiceName[];
}

/** @param placeholder what `${IMAGE}` was when the file was resolved */
export function classifyServices(config: ComposeConfig, placeholder: string, problems: Problems): Project {
  const released = new Map<ServiceName, string>();
  const builders = new Map<string, ServiceName>();
  const images = Object.entries(config.services).map(
    ([name, service]) => [name, asText(service['image'])] as const,
  );
  for (const [name, image] of images) {
    if (image === placeholder) released.set(name, '');
    else if (image?.includes(placeholder)) {
      problems.add(
        `compose-file: service ${name} has image: "${image.replace(placeholder, '${IMAGE}')}", but \${IMAGE} is already a complete reference with a digest. Write image: \${IMAGE}.`,
        'services',
        name,
        'image',
      );
    } else if (config.services[name]?.['build'] !== undefined) {
      released.set(name, name);
      if (image !== undefined && !builders.has(image)) builders.set(image, name);
    }
  }
  for (const [name, image = ''] of images) {
    const builder = builders.get(image);
    if (builder !== undefined && !released.has(name)) released.set(name, builder);
  }
  if (released.size === 0) problems.add(nothingReleasedProblem(images));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: images.map(([name]) => name).filter((name) => !released.has(name)),
  };
}

function nothingReleasedProblem(images: readonly (readonly [ServiceName, string | undefined])[]): string {
  const [first] = images;
  if (first === undefined) {
    return 'compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input "env".';
  }
  const [name, image = ''] = first;
  return `compose-file: no service uses the image that is deployed. Write image: \${IMAGE} in place of "${image}" of service ${name}, or give a service build:. Services with neither (${images.map(([each]) => each).join(', ')}) are accessories, which a release leaves alone.`;
}
