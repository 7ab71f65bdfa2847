import { ConfigurationError } from '../model/errors.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { isRepository, type PinnedImage, parseImageReference, placeholderImage } from '../model/image.ts';
import { asText, canonicalJson, isObject, type JsonObject } from '../model/json.ts';
import type { ComposeConfig } from '../model/release.ts';
import type { BuildImageSource } from '../model/request.ts';

/** One image to build. */
export interface ImageBuild {
  /** The service with this `build:`; '' for the image that the inputs `context` and `file` describe. */
  readonly service: ServiceName | '';
  readonly repository: string;
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
 * The images to build. Every service with `build:` gives one. The inputs' own context gives one more if a service without
 * `build:` runs `${IMAGE}`, or if there is no Compose file. Pure.
 *
 * Repositories: `image:` of the service without its tag; else `<image>-<service>`, or `<image>` for the only one.
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
  const services = Object.entries(config.services).map(([name, service]) => ({
    name,
    image: asText(service['image']),
    build: isObject(service['build']) ? service['build'] : undefined,
    platform: asText(service['platform']),
  }));
  const users = services.filter(({ image }) => image === placeholder);
  const only = services.filter(({ build }) => build !== undefined).length === 1 && users.length === 0;

  const builds: ImageBuild[] = [];
  for (const { name, image, build, platform } of services) {
    if (build === undefined) continue;
    // Services with the same `image:` and the same `build:` are one image.
    const same = builds.findIndex(
      (other) =>
        image !== undefined &&
        config.services[other.service]?.['image'] === image &&
        other.platform === platform &&
        canonicalJson(other.build) === canonicalJson(build),
    );
    const other = builds[same];
    if (other !== undefined) {
      builds[same] = { ...other, imageKeys: [...other.imageKeys, name] };
      continue;
    }
    const sharers = services.filter(
      (each) => image !== undefined && each.build === undefined && isSameImageName(each.image, image),
    );
    const keys = [name, ...sharers.map((sharer) => sharer.name), ...(image === placeholder ? [''] : [])];
    const repository = repositoryFor(name, image, placeholder, source, only);
    const secrets = config.secrets ?? {};
    builds.push({ service: name, repository, imageKeys: keys, build, platform, secrets });
  }
  const fromInputs =
    users.length > 0 && users.every(({ build }) => build === undefined)
      ? [buildFromInputs(source, ['', ...users.map(({ name }) => name)])]
      : [];
  const all = [...fromInputs, ...builds];
  if (all.length === 0) throw nothingToBuildError(services.map(({ name }) => name));
  rejectDuplicateRepositories(all);
  if (fromInputs.length === 0) rejectUnusedInputs(all, source);
  return all;
}

function isSameImageName(one: string | undefined, other: string): boolean {
  const withTag = (name: string): string => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);
  return one !== undefined && withTag(one) === withTag(other);
}

function repositoryFor(
  service: ServiceName,
  image: string | undefined,
  placeholder: PinnedImage,
  { repository }: BuildImageSource,
  only: boolean,
): string {
  if (image === placeholder) return repository;
  if (image !== undefined)
    return parseImageReference(image, `compose-file: image of service ${service}`).repository;
  if (only) return repository;
  // The name of a service may have upper-case letters, a repository may not.
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is not a valid name for its image. Give the service an image: of its own.`,
  );
}

function buildFromInputs({ repository }: BuildImageSource, imageKeys: readonly string[]): ImageBuild {
  return { service: '', repository, imageKeys, build: undefined, platform: undefined, secrets: {} };
}

function rejectDuplicateRepositories(builds: readonly ImageBuild[]): void {
  for (const [index, build] of builds.entries()) {
    const other = builds.slice(0, index).find((earlier) => earlier.repository === build.repository);
    if (other === undefined) continue;
    const names = [other, build].map(({ service }) => service || 'the image of input context');
    throw new ConfigurationError(
      `compose-file: ${names.join(' and ')} are built differently and would both be ${build.repository}. Give each service an image: of its own.`,
    );
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
