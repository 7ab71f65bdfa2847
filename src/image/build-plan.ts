import type { BuildOptions } from '../model/image-source.ts';
import type { BuildRecipe } from './bake-definition.ts';
import type { ImageBuild } from './build-targets.ts';
import type { CommitContext } from './commit-context.ts';
import { type Argv, imageTestsFor } from './image-test.ts';
import { BUILD_FINGERPRINT_LABEL, buildFingerprint, imageLabels } from './labels.ts';
import { bakeTargetIds, recipeFor } from './recipe.ts';
import { type ImageTags, imageTagsFor } from './tags.ts';

/** What to build. */
export interface BuildTask {
  readonly targets: readonly ImageBuild[];
  readonly options: BuildOptions;
  readonly commit: CommitContext;
  /** Contents of the Compose file's secrets by `secret:<name>`. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Everything about a build that is known before it begins. */
export interface BuildPlan {
  readonly tags: ImageTags;
  readonly items: readonly BuildItem[];
}

/** One image of a build. */
export interface BuildItem {
  readonly image: ImageBuild;
  readonly recipe: BuildRecipe;
  readonly tests: readonly Argv[];
}

/** @throws ConfigurationError for an invalid tag, test or `build:` */
export function planBuild({ targets, options, commit, contents }: BuildTask, workspace: string): BuildPlan {
  const tags = imageTagsFor(options.tags, commit);
  const testsByService = imageTestsFor(targets, options.tests);
  const labels = imageLabels(commit, tags.tags, tags.version, new Date());
  const inputs = { workspace, contents, ids: bakeTargetIds(targets), labels };
  const items = targets.map((image): BuildItem => {
    const recipe = recipeFor(image, options, inputs);
    const tests = testsByService.get(image.service) ?? [];
    const commands = tests.map((argv) => argv.join('\0'));
    const fingerprint = buildFingerprint(recipe, commands, workspace);
    const labelled = { ...recipe.target.labels, [BUILD_FINGERPRINT_LABEL]: fingerprint };
    return { image, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests };
  });
  return { tags, items };
}

/** Contents of all build secrets by variable. */
export function buildSecretsOf(items: readonly BuildItem[]): ReadonlyMap<string, string> {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}

/** All names of an image. A later run looks for the one with the commit. */
export function imageReferencesOf(
  { tags }: BuildPlan,
  { image, recipe }: BuildItem,
): { readonly commit: string; readonly otherReferences: readonly string[] } {
  const [commit = '', ...rest] = tags.tags.map((tag) => `${image.repository}:${tag}`);
  const copies = image.otherRepositories.flatMap((repository) =>
    tags.tags.map((tag) => `${repository}:${tag}`),
  );
  const others = new Set([...rest, ...copies, ...recipe.references]);
  others.delete(commit);
  return { commit, otherReferences: [...others] };
}
