import { asText } from '../../model/json.ts';
import type { ComposeConfig, ComposeService, ServiceName } from '../../model/release.ts';
import type { Problems } from './problems.ts';

/** A resolved Compose file with its services told apart: released ones, and accessories. */
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
  const services = Object.entries(config.services);
  for (const [name, service] of services) {
    const image = asText(service['image']);
    if (image === placeholder) released.set(name, '');
    else if (image?.includes(placeholder))
      problems.add(extendedImageProblem(name, image.replace(placeholder, '${IMAGE}')));
    else if (service['build'] !== undefined) {
      released.set(name, name);
      if (image !== undefined && !builders.has(image)) builders.set(image, name);
    }
  }
  for (const [name, service] of services) {
    const builder = builders.get(asText(service['image']) ?? '');
    if (builder !== undefined && !released.has(name)) released.set(name, builder);
  }
  if (released.size === 0) problems.add(nothingReleasedProblem(services));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: services.map(([name]) => name).filter((name) => !released.has(name)),
  };
}

function extendedImageProblem(name: ServiceName, image: string): string {
  return `compose-file: service ${name} has image: "${image}", but \${IMAGE} is already a whole reference with a digest. Write image: \${IMAGE}.`;
}

function nothingReleasedProblem(services: readonly (readonly [ServiceName, ComposeService])[]): string {
  if (services.length === 0) {
    return 'compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input env.';
  }
  const [first] = services.map(([name, service]) => `"${asText(service['image']) ?? ''}" of service ${name}`);
  return `compose-file: no service uses the image that is delivered. Write image: \${IMAGE} in place of ${first}, or give a service build:. Services with neither (${services.map(([name]) => name).join(', ')}) are accessories, which a release leaves alone.`;
}
