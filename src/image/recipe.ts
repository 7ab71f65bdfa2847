import { resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { BuildOptions } from '../model/image-source.ts';
import { MAX_VARIABLE_BYTES } from '../run/environment.ts';
import type { BuildRecipe } from './bake-definition.ts';
import { attestOptions, parseExtraHosts, parseKeyValues, splitKeyValue } from './build-options.ts';
import type { ImageBuild } from './build-targets.ts';
import { type BuildInputs, translateComposeBuild } from './compose-build.ts';

const REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;

/** Target names by service, of all services that run an image. Bake allows letters, digits, `_` and `-`; a service keeps its own name if possible. */
export function bakeTargetIds(images: readonly ImageBuild[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { service, imageKeys } of images) {
    const name = service === '' ? 'image' : service.replaceAll(/[^A-Za-z0-9_-]/g, '_');
    let id = name;
    for (let count = 2; [...ids.values()].includes(id); count += 1) id = `${name}-${count}`;
    for (const key of [service, ...imageKeys]) ids.set(key, id);
  }
  return ids;
}

/**
 * How one image is built: the service's `build:` and the inputs. Pure.
 *
 * Inputs are added to lists and override entries of maps; `platforms` replaces the list. `context`, `file` and `target`
 * apply only to the image of the inputs.
 *
 * @throws ConfigurationError that names the service or the input
 */
export function recipeFor(image: ImageBuild, options: BuildOptions, inputs: BuildInputs): BuildRecipe {
  const id = inputs.ids.get(image.service) ?? 'image';
  const base =
    image.build === undefined
      ? recipeFromInputs(options, inputs.workspace)
      : translateComposeBuild(image, image.build, inputs);
  const secrets = new Map(base.secrets);
  const secretLines = options.buildSecrets.map((line, index) => buildSecretFromInput(line, index, secrets));
  const isOnly = new Set(inputs.ids.values()).size === 1;
  const cacheFrom = options.cacheFrom.flatMap((cache) =>
    isOnly ? [cache] : [cache, cacheForImage(cache, id)],
  );
  const cacheTo = options.cacheTo.map((cache) => (isOnly ? cache : cacheForImage(cache, id)));
  const attest = [...attestOptions('provenance', options.provenance), ...attestOptions('sbom', options.sbom)];
  const overridden = new Set(attest.map(attestKind));
  return {
    id,
    target: {
      ...base.target,
      args: { ...base.target.args, ...parseKeyValues(options.buildArgs) },
      labels: { ...base.target.labels, ...inputs.labels, ...parseKeyValues(options.labels) },
      contexts: { ...base.target.contexts, ...parseKeyValues(options.buildContexts) },
      'extra-hosts': { ...base.target['extra-hosts'], ...parseExtraHosts(options.addHosts) },
      secret: [...(base.target.secret ?? []), ...secretLines],
      'cache-from': [...new Set([...(base.target['cache-from'] ?? []), ...cacheFrom])],
      platforms: options.platforms.length > 0 ? options.platforms : (base.target.platforms ?? []),
      pull: options.pull || base.target.pull,
      'no-cache': options.noCache || base.target['no-cache'],
    },
    secrets,
    references: base.references,
    attest: [...base.attest.filter((line) => !overridden.has(attestKind(line))), ...attest],
    cacheTo: [...base.cacheTo, ...cacheTo],
  };
}

/** The image of the inputs `context`, `file` and `target`. */
function recipeFromInputs(
  { context, file, target }: BuildOptions,
  workspace: string,
): Omit<BuildRecipe, 'id'> {
  const inCheckout = (path: string): string =>
    REMOTE_CONTEXT.test(context) ? path : resolve(workspace, path);
  return {
    target: { context: inCheckout(context), dockerfile: file && inCheckout(file), target },
    secrets: new Map(),
    references: [],
    attest: [],
    cacheTo: [],
  };
}

function buildSecretFromInput(line: string, index: number, secrets: Map<string, string>): string {
  const [id, value] = splitKeyValue(line);
  if (Buffer.byteLength(value) > MAX_VARIABLE_BYTES) {
    throw new ConfigurationError(
      `build-secrets: "${id}" is longer than 127 KiB, which is too long for an environment variable. Give the build a shorter secret with which it can fetch the rest.`,
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id},env=${variable}`;
}

function attestKind(attest: string): string | undefined {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.['kind'];
}

/** The field that names a cache, by its type. */
const CACHE_NAME_FIELD: Readonly<Record<string, (cache: string) => string>> = {
  gha: () => 'scope',
  registry: () => 'ref',
  local: (cache) => (/(?:^|,)dest=/.test(cache) ? 'dest' : 'src'),
};

/**
 * A cache holds the layers of one image, and the next image overwrites it. If several images are built, each gets a cache of
 * its own, named after the one that the user gave.
 */
function cacheForImage(cache: string, id: string): string {
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.['type'];
  if (type === undefined) return withTagSuffix(cache, id);
  const field = CACHE_NAME_FIELD[type]?.(cache);
  if (field === undefined) return cache;
  const name = new RegExp(`(?<=(?:^|,)${field}=)[^,]*`);
  if (field === 'scope' && !name.test(cache)) return `${cache},scope=${id}`;
  return cache.replace(name, (value) =>
    field === 'ref' ? withTagSuffix(value, id) : `${value}${field === 'scope' ? '-' : '/'}${id}`,
  );
}

/** `registry/cache` → `registry/cache:latest-web`. */
function withTagSuffix(reference: string, id: string): string {
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  return `${reference}${hasTag ? '' : ':latest'}-${id}`;
}
