import type { BuildOptions } from '../model/request.ts';
import type { BuildRecipe } from './bake-definition.ts';
import type { BuildTarget } from './build-targets.ts';
import type { CommitContext } from './commit-context.ts';
import { type Argv, imageTestsFor } from './image-test.ts';
import { BUILD_FINGERPRINT_LABEL, buildFingerprint, imageLabels } from './labels.ts';
import { bakeTargetIds, recipeFor } from './recipe.ts';
import { type ImageTags, imageTagsFor } from './tags.ts';

/** What is to be built. */
export interface BuildTask {
  readonly targets: readonly BuildTarget[];
  readonly options: BuildOptions;
  readonly commit: CommitContext;
  /** Contents of the Compose file's secrets by `secret:<name>`. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Everything about a build that can be known before anything is done. */
export interface BuildPlan {
  readonly tags: ImageTags;
  readonly items: readonly BuildItem[];
}

export interface BuildItem {
  readonly target: BuildTarget;
  readonly recipe: BuildRecipe;
  readonly tests: readonly Argv[];
}

/** @throws ConfigurationError for a tag, a test or a `build:` that can't be. */
export function planBuild({ targets, options, commit, contents }: BuildTask, workspace: string): BuildPlan {
  const tags = imageTagsFor(options.tags, commit);
  const tests = imageTestsFor(targets, options.tests);
  const labels = imageLabels(commit, tags.tags, tags.version, new Date());
  const inputs = { workspace, contents, ids: bakeTargetIds(targets), labels };
  const items = targets.map((target): BuildItem => {
    const recipe = recipeFor(target, options, inputs);
    const own = tests.get(target.service) ?? [];
    const fingerprint = buildFingerprint(
      recipe,
      own.map((argv) => argv.join('\0')),
      workspace,
    );
    const labelled = { ...recipe.target.labels, [BUILD_FINGERPRINT_LABEL]: fingerprint };
    return { target, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests: own };
  });
  return { tags, items };
}

/** Contents of all build secrets by their ids. */
export function buildSecretsOf(items: readonly BuildItem[]): ReadonlyMap<string, string> {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}

/** All names of an image; that of the commit is what a later run looks for. */
export function imageReferencesOf(
  { tags }: BuildPlan,
  { target, recipe }: BuildItem,
): { readonly further: readonly string[]; readonly commit: string } {
  const [commit, ...rest] = tags.tags.map((tag) => `${target.repository}:${tag}`);
  const further = new Set([...rest, ...recipe.references]);
  further.delete(commit ?? '');
  return { commit: commit ?? '', further: [...further] };
}
