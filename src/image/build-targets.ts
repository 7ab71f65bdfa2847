import { ConfigurationError } from '../model/errors.ts';
import {
  isDigest,
  isRepository,
  type PinnedImage,
  parseImageReference,
  pinnedImage,
} from '../model/image.ts';
import { asText, isObject } from '../model/json.ts';
import type { ComposeConfig, ComposeObject, ServiceName } from '../model/release.ts';
import type { ImageSource } from '../model/request.ts';

/** One image that is to be made. */
export interface BuildTarget {
  /** The service whose `build:` it is; '' for the one that the inputs `context` and `file` describe. */
  readonly service: ServiceName | '';
  readonly repository: string;
  /** Keys under which its digest is asked for: services that run it, '' for what `${IMAGE}` stands for. */
  readonly imageKeys: readonly string[];
  /** The service's resolved `build:`; `undefined` for the inputs' own. */
  readonly build: ComposeObject | undefined;
  /** The service's `platform:`. */
  readonly platform: string | undefined;
  /** The Compose file's `secrets:`, which `build:` refers to. */
  readonly secrets: Readonly<Record<string, ComposeObject>>;
}

type BuildSource = ImageSource & { readonly kind: 'build' };

/** What `${IMAGE}` is while a Compose file is resolved and the digest is not known yet: no image has this digest. */
export function placeholderImage(repository: string): PinnedImage {
  const nothing = `sha256:${'0'.repeat(64)}`;
  if (!isDigest(nothing)) throw new Error('unreachable: 64 zeros are a digest');
  return pinnedImage(repository, nothing);
}

/**
 * What is to be built. Every service with `build:` gives an image; the inputs' own context gives one more where a service
 * without `build:` runs `${IMAGE}`, or where there is no Compose file. Pure.
 *
 * Repositories: `image:` of the service without its tag; else `<image>-<service>`, and plain `<image>` for the only one.
 *
 * @param config resolved with IMAGE set to `placeholder(source.repository)`
 * @throws ConfigurationError when nothing is to be built, or two different images would have one name.
 */
export function buildTargetsOf(
  config: ComposeConfig | undefined,
  source: BuildSource,
): readonly BuildTarget[] {
  if (config === undefined) return [targetFromInputs(source, [''])];
  const services = Object.entries(config.services);
  const image = placeholderImage(source.repository);
  const built = services.filter(([, service]) => isObject(service['build']));
  const users = services.filter(([, service]) => service['image'] === image).map(([name]) => name);
  const builtUsers = users.filter((user) => built.some(([name]) => name === user));

  const buildServices = built.map(([name, service]): BuildService => {
    const named = imageNameOf(service);
    return {
      service: name,
      image: named,
      repository: named === undefined ? undefined : repositoryOfImageName(named, image, name, source),
      build: isObject(service['build']) ? service['build'] : {},
      platform: asText(service['platform']),
    };
  });
  const only = buildServices.length === 1 && users.length === 0;
  const targets = mergeSameImages(
    buildServices.map((buildService) => ({
      ...buildService,
      repository:
        buildService.repository ??
        (only ? source.repository : repositoryForService(source.repository, buildService.service)),
    })),
  ).map(
    ({ service, repository, build, platform, image: named, sharedBy: also }): BuildTarget => ({
      ...{ service, repository, build, platform },
      imageKeys: imageKeysOf(service, also, named, services, image),
      secrets: config.secrets ?? {},
    }),
  );
  const own = users.length > 0 && builtUsers.length === 0 ? [targetFromInputs(source, ['', ...users])] : [];
  const all = [...own, ...targets];
  if (all.length === 0) throw nothingToBuildError(services.map(([name]) => name));
  rejectDuplicateRepositories(all);
  rejectUnusedInputs(all, source);
  return all;
}

interface BuildService {
  readonly service: ServiceName;
  /** `image:` as it is in the file. */
  readonly image: string | undefined;
  readonly repository: string | undefined;
  readonly build: ComposeObject;
  readonly platform: string | undefined;
}
type MergedBuildService = BuildService & {
  readonly repository: string;
  readonly sharedBy: readonly ServiceName[];
};

/** Services with the same `image:` and the same `build:` are one image. */
function mergeSameImages(
  buildServices: readonly (BuildService & { readonly repository: string })[],
): readonly MergedBuildService[] {
  const merged: MergedBuildService[] = [];
  for (const buildService of buildServices) {
    const same = merged.findIndex(
      (other) =>
        buildService.image !== undefined &&
        other.image === buildService.image &&
        other.platform === buildService.platform &&
        JSON.stringify(other.build) === JSON.stringify(buildService.build),
    );
    const other = merged[same];
    if (other === undefined) merged.push({ ...buildService, sharedBy: [] });
    else merged[same] = { ...other, sharedBy: [...other.sharedBy, buildService.service] };
  }
  return merged;
}

function imageKeysOf(
  service: ServiceName,
  also: readonly ServiceName[],
  named: string | undefined,
  services: readonly (readonly [ServiceName, ComposeObject])[],
  image: PinnedImage,
): readonly string[] {
  const sharers = services
    .filter(
      ([, other]) =>
        named !== undefined && !isObject(other['build']) && isSameImageName(imageNameOf(other), named),
    )
    .map(([name]) => name);
  return [...new Set([service, ...also, ...sharers, ...(named === image ? [''] : [])])];
}

function isSameImageName(one: string | undefined, other: string): boolean {
  const whole = (name: string): string => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);
  return one !== undefined && whole(one) === whole(other);
}

function repositoryOfImageName(
  named: string,
  image: PinnedImage,
  service: ServiceName,
  source: BuildSource,
): string {
  if (named === image) return source.repository;
  return parseImageReference(named, `compose-file: image of service ${service}`).repository;
}

/** A service's name may hold upper case, which a repository's may not. */
function repositoryForService(repository: string, service: ServiceName): string {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is no legal name for its image. Give the service an image: of its own.`,
  );
}

function targetFromInputs(source: BuildSource, keys: readonly string[]): BuildTarget {
  return {
    service: '',
    repository: source.repository,
    imageKeys: keys,
    build: undefined,
    platform: undefined,
    secrets: {},
  };
}

function rejectDuplicateRepositories(targets: readonly BuildTarget[]): void {
  for (const [at, target] of targets.entries()) {
    const other = targets.slice(0, at).find((earlier) => earlier.repository === target.repository);
    if (other === undefined) continue;
    const names = [other, target].map(({ service }) =>
      service === '' ? 'the one of input context' : service,
    );
    throw new ConfigurationError(
      `compose-file: ${names.join(' and ')} are built differently and would both be ${target.repository}. Give each service an image: of its own.`,
    );
  }
}

/** Inputs that describe one Dockerfile say nothing where every service has its own. */
function rejectUnusedInputs(targets: readonly BuildTarget[], source: BuildSource): void {
  if (targets.some(({ service }) => service === '')) return;
  const services = targets.map(({ service }) => service).join(', ');
  const { file, target, context } = source.options;
  const given = [
    ...(file === undefined ? [] : [['file', 'dockerfile']]),
    ...(target === undefined ? [] : [['target', 'target']]),
    ...(context === '.' ? [] : [['context', 'context']]),
  ];
  const [first] = given;
  if (first === undefined) return;
  throw new ConfigurationError(
    `${first[0]}: it has no effect, because the Compose file says how each image is built (${services}). Leave it out, or write ${first[1]}: below build: in the Compose file.`,
  );
}

function nothingToBuildError(services: readonly ServiceName[]): ConfigurationError {
  return new ConfigurationError(
    `compose-file: nothing is to be built. No service has build: or image: \${IMAGE} (services: ${services.join(', ') || 'none'}).`,
  );
}

function imageNameOf(service: ComposeObject): string | undefined {
  return asText(service['image']);
}
