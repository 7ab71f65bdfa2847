import { ConfigurationError } from '../model/errors.ts';
import { isDigest, isRepository, type PinnedImage, parseImage, pinned } from '../model/image.ts';
import type { ComposeConfig, ComposeObject, ServiceName } from '../model/release.ts';
import type { ImageSource } from '../model/request.ts';
import { isObject, text } from './data.ts';

/** One image that is to be made. */
export interface BuildTarget {
  /** The service whose `build:` it is; '' for the one that the inputs `context` and `file` describe. */
  readonly service: ServiceName | '';
  readonly repository: string;
  /** Keys under which its digest is asked for: services that run it, '' for what `${IMAGE}` stands for. */
  readonly keys: readonly string[];
  /** The service's resolved `build:`; `undefined` for the inputs' own. */
  readonly build: ComposeObject | undefined;
  /** The service's `platform:`. */
  readonly platform: string | undefined;
  /** The Compose file's `secrets:`, which `build:` refers to. */
  readonly secrets: Readonly<Record<string, ComposeObject>>;
}

type Made = ImageSource & { readonly kind: 'build' };

/** What `${IMAGE}` is while a Compose file is resolved and the digest is not known yet: no image has this digest. */
export function placeholder(repository: string): PinnedImage {
  const nothing = `sha256:${'0'.repeat(64)}`;
  if (!isDigest(nothing)) throw new Error('unreachable: 64 zeros are a digest');
  return pinned(repository, nothing);
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
export function planTargets(config: ComposeConfig | undefined, source: Made): readonly BuildTarget[] {
  if (config === undefined) return [ownTarget(source, [''])];
  const services = Object.entries(config.services);
  const image = placeholder(source.repository);
  const built = services.filter(([, service]) => isObject(service['build']));
  const users = services.filter(([, service]) => service['image'] === image).map(([name]) => name);
  const builtUsers = users.filter((user) => built.some(([name]) => name === user));

  const drafts = built.map(([name, service]): Draft => {
    const named = imageOf(service);
    return {
      service: name,
      named,
      repository: named === undefined ? undefined : repositoryNamed(named, image, name, source),
      build: isObject(service['build']) ? service['build'] : {},
      platform: text(service['platform']),
    };
  });
  const only = drafts.length === 1 && users.length === 0;
  const targets = mergeSame(
    drafts.map((draft) => ({
      ...draft,
      repository:
        draft.repository ?? (only ? source.repository : ownRepository(source.repository, draft.service)),
    })),
  ).map(
    ({ service, repository, build, platform, named, also }): BuildTarget => ({
      ...{ service, repository, build, platform },
      keys: keysOf(service, also, named, services, image),
      secrets: config.secrets ?? {},
    }),
  );
  const own = users.length > 0 && builtUsers.length === 0 ? [ownTarget(source, ['', ...users])] : [];
  const all = [...own, ...targets];
  if (all.length === 0) throw nothingToBuild(services.map(([name]) => name));
  refuseClash(all);
  refuseUnused(all, source);
  return all;
}

interface Draft {
  readonly service: ServiceName;
  /** `image:` as it is in the file. */
  readonly named: string | undefined;
  readonly repository: string | undefined;
  readonly build: ComposeObject;
  readonly platform: string | undefined;
}
type Named = Draft & { readonly repository: string; readonly also: readonly ServiceName[] };

/** Services with the same `image:` and the same `build:` are one image. */
function mergeSame(drafts: readonly (Draft & { readonly repository: string })[]): readonly Named[] {
  const merged: Named[] = [];
  for (const draft of drafts) {
    const same = merged.findIndex(
      (other) =>
        draft.named !== undefined &&
        other.named === draft.named &&
        other.platform === draft.platform &&
        JSON.stringify(other.build) === JSON.stringify(draft.build),
    );
    const other = merged[same];
    if (other === undefined) merged.push({ ...draft, also: [] });
    else merged[same] = { ...other, also: [...other.also, draft.service] };
  }
  return merged;
}

function keysOf(
  service: ServiceName,
  also: readonly ServiceName[],
  named: string | undefined,
  services: readonly (readonly [ServiceName, ComposeObject])[],
  image: PinnedImage,
): readonly string[] {
  const sharers = services
    .filter(
      ([, other]) => named !== undefined && !isObject(other['build']) && sameImage(imageOf(other), named),
    )
    .map(([name]) => name);
  return [...new Set([service, ...also, ...sharers, ...(named === image ? [''] : [])])];
}

function sameImage(one: string | undefined, other: string): boolean {
  const whole = (name: string): string => (/[:@][^/]*$/.test(name) ? name : `${name}:latest`);
  return one !== undefined && whole(one) === whole(other);
}

function repositoryNamed(named: string, image: PinnedImage, service: ServiceName, source: Made): string {
  if (named === image) return source.repository;
  return parseImage(named, `compose-file: image of service ${service}`).repository;
}

/** A service's name may hold upper case, which a repository's may not. */
function ownRepository(repository: string, service: ServiceName): string {
  const name = `${repository}-${service.toLowerCase()}`;
  if (isRepository(name)) return name;
  throw new ConfigurationError(
    `compose-file: service ${service} is built, and "${name}" is no legal name for its image. Give the service an image: of its own.`,
  );
}

function ownTarget(source: Made, keys: readonly string[]): BuildTarget {
  return {
    service: '',
    repository: source.repository,
    keys,
    build: undefined,
    platform: undefined,
    secrets: {},
  };
}

function refuseClash(targets: readonly BuildTarget[]): void {
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
function refuseUnused(targets: readonly BuildTarget[], source: Made): void {
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

function nothingToBuild(services: readonly ServiceName[]): ConfigurationError {
  return new ConfigurationError(
    `compose-file: nothing is to be built. No service has build: or image: \${IMAGE} (services: ${services.join(', ') || 'none'}).`,
  );
}

function imageOf(service: ComposeObject): string | undefined {
  return text(service['image']);
}
