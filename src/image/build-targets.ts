import type { ComposeConfig } from '../model/compose-config.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { isRepository, parseImageReference, placeholderImage } from '../model/image.ts';
import type { BuildImageSource } from '../model/image-source.ts';
import { inputRef } from '../model/input-ref.ts';
import { asText, isObject, type JsonObject } from '../model/json.ts';
import { DOCKER_HUB, registryOf } from '../model/registry.ts';
import { builtImagesOf } from '../release/compose/built-images.ts';

/** One image to build. */
export interface ImageBuild {
  /** The first service with this `build:`; '' for the image that the inputs `context` and `file` describe. */
  readonly service: ServiceName | '';
  readonly repository: string;
  /** More repositories that get the same tags: services with the same `build:` have several names in `image:`. */
  readonly otherRepositories: readonly string[];
  /** The name in `image:` that is no address of a registry, if the repository was made from it. */
  readonly localName: string | undefined;
  /** Keys under which its digest is looked up: services that run it, '' for what `${IMAGE}` stands for. */
  readonly imageKeys: readonly string[];
  /** The service's resolved `build:`; `undefined` for the image of the inputs. */
  readonly build: JsonObject | undefined;
  /** The service's `platform:`. */
  readonly platform: string | undefined;
  /** The Compose file's `secrets:`, which `build:` refers to. */
  readonly secrets: Readonly<Record<string, JsonObject>>;
}

/**
 * The images to build. Each different `build:` gives one. The inputs' own context gives one more if a service without
 * `build:` runs `${IMAGE}`, or if there is no Compose file. Pure.
 *
 * Repositories: `image:` of the service without its tag, below `<image>` if it names no registry; else `<image>-<service>`, or
 * `<image>` for the only one.
 *
 * @param config resolved with IMAGE set to `placeholderImage(source.repository)`
 * @throws ConfigurationError when there is nothing to build, or two different images would have the same name
 */
export function buildTargetsOf(
  config: ComposeConfig | undefined,
  source: BuildImageSource,
): readonly ImageBuild[] {
  if (config === undefined) return [buildFromInputs(source, [''])];
  const placeholder = placeholderImage(source.repository);
  const users = Object.entries(config.services).filter(([, service]) => service['image'] === placeholder);
  const images = builtImagesOf(config);
  const only = images.length === 1 && users.length === 0;
  const builds = images.map(({ service, build, services, names }): ImageBuild => {
    const platform = asText(config.services[service]?.['platform']);
    return {
      service,
      ...repositoriesFor(service, names, source, only),
      imageKeys: [...services, ...(names.includes(placeholder) ? [''] : [])],
      build,
      platform,
      secrets: config.secrets ?? {},
    };
  });
  const fromInputs =
    users.length > 0 && users.every(([, service]) => !isObject(service['build']))
      ? [buildFromInputs(source, ['', ...users.map(([name]) => name)])]
      : [];
  const all = [...fromInputs, ...builds];
  if (all.length === 0) throw nothingToBuildError(Object.keys(config.services));
  rejectDuplicateRepositories(all);
  if (fromInputs.length === 0) rejectUnusedInputs(all, source);
  return all;
}

type Repositories = Pick<ImageBuild, 'repository' | 'otherRepositories' | 'localName'>;

/** Where an image is pushed. Of several names, those with an address all count; one without is used only if there is no other. */
function repositoriesFor(
  service: ServiceName,
  names: readonly string[],
  source: BuildImageSource,
  only: boolean,
): Repositories {
  const placeholder = placeholderImage(source.repository);
  const references = names
    .filter((name) => name !== placeholder)
    .map((name) => parseImageReference(name, `compose-file: image of service ${service}`).repository);
  // A name without a slash is one of docker's own images at Docker Hub, where nobody else can push.
  const [localName] = references.filter((name) => !name.includes('/'));
  const [repository, ...otherRepositories] = new Set([
    ...(names.includes(placeholder) ? [source.repository] : []),
    ...references.filter((name) => name.includes('/')),
  ]);
  if (repository !== undefined) return { repository, otherRepositories, localName: undefined };
  if (localName !== undefined)
    return { repository: belowRepository(source.repository, localName), otherRepositories, localName };
  return {
    repository: only ? source.repository : repositoryOfService(source, service),
    otherRepositories,
    localName,
  };
}

/** Docker Hub has only repositories of two parts. */
function belowRepository(repository: string, name: string): string {
  return `${repository}${registryOf(repository) === DOCKER_HUB ? '-' : '/'}${name}`;
}

function repositoryOfService({ repository }: BuildImageSource, service: ServiceName): string {
  // The name of a service may have upper-case letters, a repository may not.
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is not a valid name for its image. Give the service an image: of its own.`,
  );
}

/** What a reader of the log should know about the names of images. */
export function imageNameNotices(
  builds: readonly ImageBuild[],
  { repository, isRepositoryGiven }: BuildImageSource,
): readonly string[] {
  const local = builds.flatMap(({ service, localName, repository: pushed }) =>
    localName === undefined
      ? []
      : [
          `compose-file: image: ${localName} of service ${service} names no registry, so the image is pushed as ${pushed}. For another name, write it with its registry.`,
        ],
  );
  const isUsed = builds.some((build) => build.repository.startsWith(repository));
  if (isUsed || !isRepositoryGiven) return local;
  const named = builds.map((build) => `${build.service}: ${build.repository}`).join(', ');
  return [
    `${inputRef('image')}: ${repository} is not used, because each service that is built has another name in image: of the Compose file (${named}). Write image: \${IMAGE} there, or remove the input.`,
    ...local,
  ];
}

function buildFromInputs({ repository }: BuildImageSource, imageKeys: readonly string[]): ImageBuild {
  return {
    ...{ service: '', repository, otherRepositories: [], localName: undefined, imageKeys },
    ...{ build: undefined, platform: undefined, secrets: {} },
  };
}

function rejectDuplicateRepositories(builds: readonly ImageBuild[]): void {
  for (const [index, build] of builds.entries()) {
    const own = [build.repository, ...build.otherRepositories];
    for (const other of builds.slice(0, index)) {
      const both = [other.repository, ...other.otherRepositories].find((each) => own.includes(each));
      if (both === undefined) continue;
      const names = [other, build].map(({ service }) => service || 'the image of input context');
      throw new ConfigurationError(
        `compose-file: ${names.join(' and ')} are built differently and would both be ${both}. Give each service an image: of its own.`,
      );
    }
  }
}

/** Inputs that describe one Dockerfile have no effect where every service has its own. */
function rejectUnusedInputs(builds: readonly ImageBuild[], { options }: BuildImageSource): void {
  const { file, target, context } = options;
  const unused = [
    ...(file === undefined ? [] : [['file', 'dockerfile']]),
    ...(target === undefined ? [] : [['target', 'target']]),
    ...(context === '.' ? [] : [['context', 'context']]),
  ];
  const [first] = unused;
  if (first === undefined) return;
  const services = builds.map(({ service }) => service).join(', ');
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Remove it, or write ${first[1]}: below build: in the Compose file.`,
  );
}

function nothingToBuildError(services: readonly ServiceName[]): ConfigurationError {
  return new ConfigurationError(
    `compose-file: there is nothing to build. No service has build: or image: \${IMAGE} (services: ${services.join(', ') || 'none'}).`,
  );
}
