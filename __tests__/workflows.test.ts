import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { DOCUMENTS, inputsOf, sealiftSteps, snippetsIn } from './support/documents.ts';
import { find, read } from './support/repository.ts';
import { loadVerdicts, type Verdicts } from './support/workflow-parser.ts';

let verdicts: Verdicts;
beforeAll(async () => {
  verdicts = await loadVerdicts();
});

describe.each(find('.github/workflows/*.yml'))('%s', (path) => {
  test('is a workflow that GitHub accepts', async () => {
    expect(await verdicts.workflow(path, read(path), read)).toEqual([]);
  });

  test('pins every action to a commit, with its version in a comment', () => {
    const uses = [...read(path).matchAll(/uses: *(.+)/g)].map(([, action]) => action);
    const loose = uses.filter((action) => !/^\.\/|@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''));
    expect(loose).toEqual([]);
  });

  // The runner inserts the value before the shell reads the script: a branch named `$(…)` would run.
  test('has no expression in a script', () => {
    expect(valuesOf('run', parse(read(path))).filter((script) => script.includes('${{'))).toEqual([]);
  });

  test('declares its permissions', () => {
    expect(parse(read(path))).toHaveProperty('permissions');
  });
});

const actions = find('action.yml', '{build,deploy,rollback,status}/action.yml');
for (const path of actions) {
  describe(path, () => {
    test('is an action that GitHub accepts', () => {
      expect(verdicts.action(path, read(path))).toEqual([]);
    });

    // GitHub ignores a misspelt key such as `requierd: true`.
    test('has only known keys in its inputs and outputs', () => {
      const { inputs = {}, outputs = {} } = parse(read(path));
      const known = ['description', 'required', 'default', 'deprecationMessage'];
      const keys = [...Object.values(inputs), ...Object.values(outputs)].flatMap((of) =>
        Object.keys(of ?? {}),
      );
      expect(keys.filter((key) => !known.includes(key))).toEqual([]);
    });

    test('runs existing files on Node 24', () => {
      const { using, main, post } = parse(read(path)).runs;
      expect(using).toBe('node24');
      for (const file of [main, post]) if (file !== undefined) read(join(dirname(path), file));
    });
  });
}

/** Every workflow in the documents and examples, because people copy them. */
const documented = [
  ...find('examples/**/.github/workflows/*.yml').map((path) => ({ name: path, content: read(path) })),
  ...DOCUMENTS.flatMap(snippetsIn).filter(({ kind }) => kind === 'workflow'),
];
for (const { name, content } of documented) {
  describe(name, () => {
    test('is a workflow that GitHub accepts', async () => {
      expect(await verdicts.workflow(name, content, read)).toEqual([]);
    });

    test('sets only inputs that Sealift has', () => {
      expect(unknownInputs(parse(content))).toEqual([]);
    });
  });
}

function unknownInputs(workflow: Parameters<typeof sealiftSteps>[0]): string[] {
  return sealiftSteps(workflow).flatMap(({ part, uses, given }) =>
    Object.keys(given)
      .filter((name) => !inputsOf(part).includes(name))
      .map((name) => `${uses} has no input ${name}`),
  );
}

/** The texts of a key at any depth. */
function valuesOf(key: string, node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === key && typeof value === 'string' ? [value] : valuesOf(key, value),
  );
}
