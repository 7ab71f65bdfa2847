import type { PushMode } from './push-mode.ts';

/**
 * The file that `docker buildx bake` reads, as data. Every image is built through it, one or many, so a Compose `build:` and
 * the action's inputs have one way into BuildKit. Fields: docs.docker.com/build/bake/reference.
 */
export interface BakeTarget {
  readonly context: string;
  readonly dockerfile?: string;
  readonly 'dockerfile-inline'?: string;
  readonly target?: string;
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
  readonly 'shm-size'?: string;
  readonly network?: string;
  readonly entitlements?: readonly string[];
  readonly pull?: boolean;
  readonly 'no-cache'?: boolean;
}

/** One image as it is built, before it is said where it goes. */
export interface BuildRecipe {
  /** Name of the target in the definition, and in BuildKit's progress. */
  readonly id: string;
  readonly target: BakeTarget;
  /** Values of secrets by the variable that the definition names; for the environment of the process only. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Full references that the Compose file asks for beside the action's own tags. */
  readonly references: readonly string[];
  readonly attest: readonly string[];
  readonly cacheTo: readonly string[];
}

/** The definition as the text of a `.json` file. */
export function bakeDefinition(targets: ReadonlyMap<string, BakeTarget>): string {
  const target = Object.fromEntries([...targets].map(([id, each]) => [id, withoutEmptyFields(each)]));
  return JSON.stringify(escapeHclTemplates({ target }), undefined, 2);
}

/** Without empty lists and maps. */
function withoutEmptyFields(target: BakeTarget): object {
  return Object.fromEntries(
    Object.entries(target).filter(([, value]) => typeof value !== 'object' || Object.keys(value).length > 0),
  );
}

/** Bake reads strings in JSON as HCL templates: `${` and `%{` would be expressions. */
function escapeHclTemplates(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign);
  if (Array.isArray(value)) return value.map(escapeHclTemplates);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [escapeHclTemplates(key), escapeHclTemplates(each)]),
  );
}

/** What the user of `bake` must allow in words of its own; files of the checkout are allowed by the environment. */
export function allowFlags(targets: Iterable<BakeTarget>): readonly string[] {
  const all = [...targets];
  const wanted = new Set(all.flatMap(({ entitlements }) => entitlements ?? []));
  if (all.some(({ network }) => network === 'host')) wanted.add('network.host');
  if (all.some(({ ssh }) => (ssh ?? []).length > 0)) wanted.add('ssh');
  return [...wanted].sort().map((entitlement) => `--allow=${entitlement}`);
}

/**
 * The image for the test: in the engine under a name of its own, for one platform, without attestations, so that the
 * metadata has the config's digest also on the containerd image store.
 */
export function targetForTest(recipe: BuildRecipe, name: string, platform: string | undefined): BakeTarget {
  // An inline cache stands in the image's config, so the tested image has it too.
  const inline = recipe.cacheTo.filter(isInlineCache);
  return {
    ...recipe.target,
    ...(inline.length === 0 ? {} : { 'cache-to': inline }),
    ...(platform === undefined ? {} : { platforms: [platform] }),
    tags: [name],
    output: ['type=docker'],
    attest: ['type=provenance,disabled=true'],
  };
}

/** A cache that is part of the image that it is made with. */
export function isInlineCache(cache: string): boolean {
  return /(?:^|,)type=inline(?:,|$)/.test(cache);
}

/** Fills the cache with the other platforms, where nothing of an earlier cache may be in the image that is pushed. */
export function targetForCache(recipe: BuildRecipe, platforms: readonly string[]): BakeTarget {
  return { ...recipe.target, platforms, output: ['type=cacheonly'] };
}

/** The image for the registry, under all its names; they are pushed in this order. */
export function targetForPush(recipe: BuildRecipe, references: readonly string[]): BakeTarget {
  return { ...withAttestationsAndCache(recipe), tags: references, output: ['type=image,push=true'] };
}

/**
 * The image for the registry, to be proved there. It was built in this step already, so nothing is built anew.
 * @param comparedBy a manifest is the tested one only in its format, which is OCI's where an engine keeps manifests
 */
export function targetForVerifiedPush(
  recipe: BuildRecipe,
  repository: string,
  pushMode: PushMode,
  comparedBy: 'config' | 'manifest',
): BakeTarget {
  const { 'no-cache': _, pull: __, ...target } = withAttestationsAndCache(recipe);
  const format = comparedBy === 'manifest' ? ',oci-mediatypes=true' : '';
  if (pushMode.kind === 'tag')
    return { ...target, tags: [`${repository}:${pushMode.tag}`], output: [`type=image,push=true${format}`] };
  const output = `type=image,name=${repository},push-by-digest=true,push=true${format}`;
  return { ...target, output: [output] };
}

/** With attestations, and a cache to fill. */
function withAttestationsAndCache({ target, attest, cacheTo }: BuildRecipe): BakeTarget {
  return {
    ...target,
    ...(attest.length === 0 ? {} : { attest }),
    ...(cacheTo.length === 0 ? {} : { 'cache-to': cacheTo }),
  };
}
