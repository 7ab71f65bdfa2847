import { mapStrings, mapValues } from '../model/json.ts';
import type { PushMode } from './push-mode.ts';

/**
 * A target of the file that `docker buildx bake` reads. Every image is built through it, so a Compose `build:` and the
 * action's inputs take the same way into BuildKit. Fields: docs.docker.com/build/bake/reference.
 */
export interface BakeTarget {
  readonly context: string;
  readonly dockerfile?: string | undefined;
  readonly 'dockerfile-inline'?: string | undefined;
  readonly target?: string | undefined;
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly platforms?: readonly string[];
  readonly tags?: readonly string[];
  readonly output?: readonly string[];
  readonly secret?: readonly string[];
  readonly ssh?: readonly string[];
  readonly 'cache-from'?: readonly string[];
  readonly 'cache-to'?: readonly string[];
  readonly attest?: readonly string[];
  readonly 'extra-hosts'?: Readonly<Record<string, string>>;
  readonly ulimits?: readonly string[];
  readonly 'shm-size'?: string | undefined;
  readonly network?: string | undefined;
  readonly entitlements?: readonly string[];
  readonly pull?: boolean | undefined;
  readonly 'no-cache'?: boolean | undefined;
  readonly 'no-cache-filter'?: readonly string[];
}

/** How one image is built, without the destination. */
export interface BuildRecipe {
  /** Name of the target in the definition and in BuildKit's progress. */
  readonly id: string;
  readonly target: BakeTarget;
  /** Values of secrets by the variable that the definition names; only the environment of the process holds them. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Full references that the Compose file adds to the action's own tags. */
  readonly references: readonly string[];
  readonly attest: readonly string[];
  readonly cacheTo: readonly string[];
}

/** The definition as the text of a `.json` file, without empty lists and maps. */
export function bakeDefinition(targets: ReadonlyMap<string, BakeTarget>): string {
  const target = mapValues(Object.fromEntries(targets), (fields) =>
    Object.fromEntries(
      Object.entries(fields).filter(([, each]) => typeof each !== 'object' || Object.keys(each).length > 0),
    ),
  );
  return JSON.stringify({ target: mapStrings(target, escapeHclTemplate) }, undefined, 2);
}

/** Bake reads strings in JSON as HCL templates, in which `${` and `%{` start an expression. */
function escapeHclTemplate(text: string): string {
  return text.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** Flags for what bake allows only by name. Files of the checkout are allowed by the environment. */
export function allowFlags(targets: Iterable<BakeTarget>): readonly string[] {
  const all = [...targets];
  const entitlements = new Set(all.flatMap((target) => target.entitlements ?? []));
  if (all.some(({ network }) => network === 'host')) entitlements.add('network.host');
  if (all.some(({ ssh = [] }) => ssh.length > 0)) entitlements.add('ssh');
  return [...entitlements].sort().map((entitlement) => `--allow=${entitlement}`);
}

/**
 * The image for the test: in the engine, under a name of its own, for one platform. It has no attestations, so that the
 * metadata have the config's digest on the containerd image store too.
 */
export function targetForTest(recipe: BuildRecipe, name: string, platform: string | undefined): BakeTarget {
  return {
    ...recipe.target,
    // An inline cache is part of the image's config, so the tested image needs it too.
    'cache-to': recipe.cacheTo.filter(isInlineCache),
    ...(platform === undefined ? {} : { platforms: [platform] }),
    tags: [name],
    output: ['type=docker'],
    attest: ['type=provenance,disabled=true'],
  };
}

/** A cache that is stored in the image itself. */
export function isInlineCache(cache: string): boolean {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}

/** Fills the builder's cache only. */
export function targetForCache({ target }: BuildRecipe, platforms = target.platforms ?? []): BakeTarget {
  return { ...target, platforms, output: ['type=cacheonly'] };
}

/** The image for the registry, under all its names; they are pushed in this order. */
export function targetForPush(recipe: BuildRecipe, references: readonly string[]): BakeTarget {
  return { ...withAttestationsAndCache(recipe), tags: references, output: ['type=image,push=true'] };
}

/**
 * The image for the registry, where it is verified. This step built it already, so nothing is rebuilt.
 * @param comparedBy a manifest equals the tested one only in the same format; an engine that keeps manifests uses OCI's
 */
export function targetForVerifiedPush(
  recipe: BuildRecipe,
  repository: string,
  pushMode: PushMode,
  comparedBy: 'config' | 'manifest',
): BakeTarget {
  const { 'no-cache': _, 'no-cache-filter': __, pull: ___, ...target } = withAttestationsAndCache(recipe);
  const format = comparedBy === 'manifest' ? ',oci-mediatypes=true' : '';
  if (pushMode.kind === 'tag')
    return { ...target, tags: [`${repository}:${pushMode.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}

/**
 * The image as an OCI layout in a folder of the runner. After a test, this step built it already, so nothing is rebuilt.
 * @param path without a comma
 */
export function targetForLayout(recipe: BuildRecipe, path: string, isTested: boolean): BakeTarget {
  return { ...withoutRebuild(recipe, isTested), output: [`type=oci,dest=${path},tar=false`] };
}

/** The same in the engine of the runner, whose builder writes no layouts. */
export function targetForEngine(recipe: BuildRecipe, name: string, isTested: boolean): BakeTarget {
  const { attest: _, ...target } = withoutRebuild(recipe, isTested);
  return { ...target, tags: [name], output: ['type=docker'], attest: ['type=provenance,disabled=true'] };
}

function withoutRebuild(recipe: BuildRecipe, isTested: boolean): BakeTarget {
  const whole = withAttestationsAndCache(recipe);
  if (!isTested) return whole;
  const { 'no-cache': _, 'no-cache-filter': __, pull: ___, ...target } = whole;
  return target;
}

function withAttestationsAndCache({ target, attest, cacheTo }: BuildRecipe): BakeTarget {
  return { ...target, attest, 'cache-to': cacheTo };
}
