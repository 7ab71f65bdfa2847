import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { parse } from 'yaml';
import type { ActionFile } from './action-docs.ts';

/**
 * What src/ gets when it imports an action.yml: the name of each input and its default, '' where there is none. An
 * expression (`${{ github.token }}`) counts as none, because only the runner can evaluate it.
 */
export function inputDefaults(actionYml: string): Readonly<Record<string, string>> {
  const { inputs = {} }: ActionFile = parse(actionYml);
  const defaults = Object.entries(inputs).map(([name, input]) => {
    const text = String(input.default ?? '');
    return [name, text.startsWith('${{') ? '' : text] as const;
  });
  return Object.fromEntries(defaults);
}

/** Bundles an imported action.yml as its `inputDefaults`, so that a default is written only there. */
export const actionInputs: Plugin = {
  name: 'inputs of action.yml',
  setup(build) {
    build.onLoad({ filter: /\/action\.yml$/ }, async ({ path }) => ({
      contents: JSON.stringify(inputDefaults(await readFile(path, 'utf8'))),
      loader: 'json',
    }));
  },
};
