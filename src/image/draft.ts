import type { BuildOptions } from '../model/request.ts';
import type { BuildRecipe } from './bake.ts';
import type { CommitContext } from './context.ts';
import { FINGERPRINT, fingerprintOf, labelsFor } from './labels.ts';
import { recipeFor, targetIds } from './recipe.ts';
import { type Tags, tagsFor } from './tags.ts';
import type { BuildTarget } from './targets.ts';
import { type Argv, testsFor } from './trial.ts';

/** What is to be built. */
export interface BuildTask {
  readonly targets: readonly BuildTarget[];
  readonly options: BuildOptions;
  readonly commit: CommitContext;
  /** Contents of the Compose file's secrets by `secret:<name>`. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Everything about a build that can be known before anything is done. */
export interface Draft {
  readonly tags: Tags;
  readonly items: readonly Item[];
}

export interface Item {
  readonly target: BuildTarget;
  readonly recipe: BuildRecipe;
  readonly tests: readonly Argv[];
}

/** @throws ConfigurationError for a tag, a test or a `build:` that can't be. */
export function draftOf({ targets, options, commit, contents }: BuildTask, workspace: string): Draft {
  const tags = tagsFor(options.tags, commit);
  const tests = testsFor(targets, options.tests);
  const labels = labelsFor(commit, tags.tags, tags.version, new Date());
  const pantry = { workspace: workspace, contents, ids: targetIds(targets), labels };
  const items = targets.map((target): Item => {
    const recipe = recipeFor(target, options, pantry);
    const own = tests.get(target.service) ?? [];
    const fingerprint = fingerprintOf(
      recipe,
      own.map((argv) => argv.join('\0')),
      workspace,
    );
    const labelled = { ...recipe.target.labels, [FINGERPRINT]: fingerprint };
    return { target, recipe: { ...recipe, target: { ...recipe.target, labels: labelled } }, tests: own };
  });
  return { tags, items };
}

/** Contents of all build secrets by their ids. */
export function secretsOf(items: readonly Item[]): ReadonlyMap<string, string> {
  return new Map(items.flatMap(({ recipe }) => [...recipe.secrets]));
}

/** All names of an image; that of the commit is what a later run looks for. */
export function referencesOf(
  { tags }: Draft,
  { target, recipe }: Item,
): { readonly further: readonly string[]; readonly commit: string } {
  const [commit, ...rest] = tags.tags.map((tag) => `${target.repository}:${tag}`);
  const further = new Set([...rest, ...recipe.references]);
  further.delete(commit ?? '');
  return { commit: commit ?? '', further: [...further] };
}
