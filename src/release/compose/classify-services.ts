import type { ComposeConfig, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { inputRef } from '../../model/input-ref.ts';
import { asObject, asStrings, asText } from '../../model/json.ts';
import { builtImagesOf } from './built-images.ts';
import type { Problems } from './problems.ts';
import { dependenciesOf, referencedService } from './service.ts';

/** A resolved Compose file whose services are classified: released services and accessories. */
export interface Project {
  readonly config: ComposeConfig;
  /** Released service → key of its image: the name of the first service that builds it, or '' for `${IMAGE}`. */
  readonly released: ReadonlyMap<ServiceName, string>;
  readonly isReleased: (name: ServiceName) => boolean;
  readonly service: (name: ServiceName) => ComposeService;
  readonly accessories: readonly ServiceName[];
  /** Services that are built for other builds and run nothing: neither released nor accessories. */
  readonly buildOnly: readonly ServiceName[];
}

/** @param placeholder what `${IMAGE}` was when the file was resolved */
export function classifyServices(config: ComposeConfig, placeholder: string, problems: Problems): Project {
  const released = new Map<ServiceName, string>();
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
    }
  }
  for (const { service, services, names } of builtImagesOf(config)) {
    const key = names.includes(placeholder) ? '' : service;
    for (const name of services) if (!released.has(name)) released.set(name, key);
  }
  const buildOnly = images.map(([name]) => name).filter((name) => isBuildOnly(config, name));
  for (const name of buildOnly) released.delete(name);
  if (released.size === 0) problems.add(nothingReleasedProblem(images));
  return {
    config,
    released,
    isReleased: (name) => released.has(name),
    service: (name) => config.services[name] ?? {},
    accessories: images
      .map(([name]) => name)
      .filter((name) => !released.has(name) && !buildOnly.includes(name)),
    buildOnly,
  };
}

/** All that the definition of a base for other images has, beside `build`. */
const BUILD_KEYS = new Set(['build', 'image', 'platform', 'pull_policy', 'profiles', 'restart', 'scale']);
/** Commands that do nothing: a base must end at once under `docker compose up`. */
const IDLE_COMMANDS = new Set(['', 'true', '/bin/true', '/usr/bin/true', ':', 'exit 0']);

/**
 * Whether a service is only the base of another build (`additional_contexts: service:base`): nothing of its definition is for a
 * container that does something, and nothing depends on it.
 */
function isBuildOnly({ services }: ComposeConfig, name: ServiceName): boolean {
  const isBase = Object.values(services).some((service) =>
    Object.values(asObject(asObject(service['build'])['additional_contexts'])).some(
      (context) => referencedService(context) === name,
    ),
  );
  const service = services[name] ?? {};
  if (!isBase || service['build'] === undefined) return false;
  const { command, entrypoint, networks, restart = 'no' } = service;
  const idle = [command, entrypoint].every((each) => IDLE_COMMANDS.has(shellFree(asStrings(each)).join(' ')));
  const plain = Object.entries(service).every(
    ([key, value]) =>
      BUILD_KEYS.has(key) ||
      key.startsWith('x-') ||
      value === null ||
      ['command', 'entrypoint', 'networks'].includes(key),
  );
  const ownNetworks = Object.keys(asObject(networks)).some((key) => key !== 'default');
  const isNeeded = Object.values(services).some((other) => dependenciesOf(other).has(name));
  return plain && idle && restart === 'no' && !ownNetworks && !isNeeded;
}

/** `true` of `sh -c true`. */
const shellFree = (words: readonly string[]): readonly string[] =>
  /^(?:\/bin\/)?(?:ba|da|a)?sh$/.test(words[0] ?? '') && words[1] === '-c' ? words.slice(2) : words;

/** Everything that a service depends on, directly or not, in both projects. */
export function neededBy(project: Project, name: ServiceName): ReadonlySet<ServiceName> {
  const needed = new Set<ServiceName>();
  const visit = (each: ServiceName): void => {
    for (const other of dependenciesOf(project.service(each)).keys()) {
      if (needed.has(other)) continue;
      needed.add(other);
      visit(other);
    }
  };
  visit(name);
  return needed;
}

function nothingReleasedProblem(images: readonly (readonly [ServiceName, string | undefined])[]): string {
  const [first] = images;
  if (first === undefined) {
    return `compose-file: no service is active. Services with profiles: need COMPOSE_PROFILES=name in the input "${inputRef('env')}".`;
  }
  const [name, image = ''] = first;
  return `compose-file: no service uses the image that is deployed. Write image: \${IMAGE} in place of "${image}" of service ${name}, or give a service build:. Services with neither (${images.map(([each]) => each).join(', ')}) are accessories, which a release leaves alone.`;
}
