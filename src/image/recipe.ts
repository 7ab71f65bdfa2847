import { isAbsolute, resolve } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { BuildOptions } from '../model/request.ts';
import type { BakeTarget, BuildRecipe } from './bake-definition.ts';
import { attestOptions, parseExtraHosts, parseKeyValues, splitKeyValue } from './build-options.ts';
import type { BuildTarget } from './build-targets.ts';
import { type BuildInputs, translateComposeBuild } from './compose-build.ts';

/** The kernel's limit for one variable (MAX_ARG_STRLEN), name included. */
const MAX_BUILD_SECRET_BYTES = 128 * 1024 - 256;
const REMOTE_CONTEXT = /^(?:https?:\/\/|git:\/\/|ssh:\/\/|git@|github\.com\/)/;

/** Names for bake, which takes letters, digits, `_` and `-`: the service's own where it can be. */
export function bakeTargetIds(targets: readonly BuildTarget[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const { service } of targets) {
    const wish = service === '' ? 'image' : service.replaceAll(/[^A-Za-z0-9_-]/g, '_');
    let id = wish;
    for (let count = 2; [...ids.values()].includes(id); count += 1) id = `${wish}-${count}`;
    ids.set(service, id);
  }
  return ids;
}

/**
 * How one image is built: the service's `build:` with the inputs over it. Pure.
 *
 * Inputs add to lists and win in maps; `platforms` replaces. `context`, `file` and `target` are of the inputs' own image.
 *
 * @throws ConfigurationError for what can't be built so, naming the service or the input.
 */
export function recipeFor(target: BuildTarget, options: BuildOptions, inputs: BuildInputs): BuildRecipe {
  const id = inputs.ids.get(target.service) ?? 'image';
  const base = target.build === undefined ? undefined : translateComposeBuild(target, target.build, inputs);
  const origin = base?.target ?? bakeTargetFromInputs(options, inputs.workspace);
  const secrets = new Map(base?.secrets);
  const secretLines = options.buildSecrets.map((line, index) => buildSecretFromInput(line, index, secrets));
  const platforms = options.platforms.length > 0 ? options.platforms : origin.platforms;
  const shared = inputs.ids.size > 1;
  const caches = {
    from: options.cacheFrom.flatMap((cache) => (shared ? [cache, cacheForImage(cache, id)] : [cache])),
    to: options.cacheTo.map((cache) => (shared ? cacheForImage(cache, id) : cache)),
  };
  const whole: BakeTarget = {
    ...origin,
    args: { ...origin.args, ...parseKeyValues(options.buildArgs) },
    labels: { ...origin.labels, ...inputs.labels, ...parseKeyValues(options.labels) },
    contexts: { ...origin.contexts, ...parseKeyValues(options.buildContexts) },
    'extra-hosts': { ...origin['extra-hosts'], ...parseExtraHosts(options.addHosts) },
    secret: [...(origin.secret ?? []), ...secretLines],
    'cache-from': [...new Set([...(origin['cache-from'] ?? []), ...caches.from])],
    ...(platforms === undefined || platforms.length === 0 ? {} : { platforms }),
    ...(options.pull || origin.pull === true ? { pull: true } : {}),
    ...(options.noCache || origin['no-cache'] === true ? { 'no-cache': true } : {}),
  };
  const attest = [...attestOptions('provenance', options.provenance), ...attestOptions('sbom', options.sbom)];
  return {
    id,
    target: whole,
    secrets,
    references: base?.references ?? [],
    attest: [
      ...(base?.attest ?? []).filter((line) => !attest.some((own) => attestKind(own) === attestKind(line))),
      ...attest,
    ],
    cacheTo: [...(base?.cacheTo ?? []), ...caches.to],
  };
}

/** The image of the inputs `context`, `file` and `target`. */
function bakeTargetFromInputs({ context, file, target }: BuildOptions, workspace: string): BakeTarget {
  const remote = REMOTE_CONTEXT.test(context);
  const folder = remote ? context : resolve(workspace, context);
  return {
    context: folder,
    ...(file === undefined
      ? {}
      : { dockerfile: remote || isAbsolute(file) ? file : resolve(workspace, file) }),
    ...(target === undefined ? {} : { target }),
  };
}

function buildSecretFromInput(line: string, index: number, secrets: Map<string, string>): string {
  const [id, value] = splitKeyValue(line);
  if (Buffer.byteLength(value) > MAX_BUILD_SECRET_BYTES) {
    throw new ConfigurationError(
      `build-secrets: "${id}" is longer than 127 KiB, more than can be handed over.`,
    );
  }
  const variable = `SEALIFT_BUILD_SECRET_${index}`;
  secrets.set(variable, value);
  return `id=${id},env=${variable}`;
}

function attestKind(attest: string): string | undefined {
  return /(?:^|,)type=(?<kind>[^,]+)/.exec(attest)?.groups?.['kind'];
}

/**
 * A cache that holds one image's layers is overwritten by the next image's. Where several are built, each gets a cache of
 * its own below the name that the user gave.
 */
export function cacheForImage(cache: string, id: string): string {
  if (!/(?:^|,)type=/.test(cache)) return withTagSuffix(cache, id);
  const field = { gha: 'scope', registry: 'ref', local: /(?:^|,)dest=/.test(cache) ? 'dest' : 'src' };
  const type = /(?:^|,)type=(?<type>[^,]*)/.exec(cache)?.groups?.['type'];
  if (type === 'gha' && !/(?:^|,)scope=/.test(cache)) return `${cache},scope=${id}`;
  const name = type === 'gha' || type === 'registry' || type === 'local' ? field[type] : undefined;
  if (name === undefined) return cache;
  return cache.replace(
    new RegExp(`(?<before>(?:^|,)${name}=)(?<value>[^,]*)`),
    (_, before: string, value: string) => {
      if (name === 'ref') return before + withTagSuffix(value, id);
      return `${before}${value}${name === 'scope' ? '-' : '/'}${id}`;
    },
  );
}

/** `registry/cache` → `registry/cache:latest-web`. */
function withTagSuffix(reference: string, id: string): string {
  const hasTag = reference.lastIndexOf(':') > reference.lastIndexOf('/');
  return `${reference}${hasTag ? '' : ':latest'}-${id}`;
}
