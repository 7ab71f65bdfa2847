import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { DOCUMENTS, type Step, snippetsIn } from './support/documents.ts';
import { find, read } from './support/repository.ts';
import { mistakesIn } from './support/workflow-lint.ts';
import { loadVerdicts, type Verdicts } from './support/workflow-parser.ts';

let verdicts: Verdicts;
beforeAll(async () => {
  verdicts = await loadVerdicts();
});

/**
 * Sealift itself is named by its major version: the reusable workflows run in the repositories of others, where `./` would be
 * their own checkout, and an expression is not allowed there. A release moves this tag to a commit whose workflows and actions
 * belong together.
 */
const PINNED = /^\.\/|@[0-9a-f]{40} # v\d+\.\d+\.\d+$|^sealift\/sealift\/?\S*@v1$/;

describe.each(find('.github/workflows/*.yml'))('%s', (path) => {
  test('is a workflow that GitHub accepts', async () => {
    expect(await verdicts.workflow(path, read(path), read)).toEqual([]);
  });

  test('pins every action to a commit, with its version in a comment', () => {
    const uses = [...read(path).matchAll(/uses: *(.+)/g)].map(([, action]) => action);
    const loose = uses.filter((action) => !PINNED.test(action ?? ''));
    expect(loose).toEqual([]);
  });

  // The runner inserts the value before the shell reads the script: a branch named `$(…)` would run.
  test('has no expression in a script', () => {
    expect(valuesOf('run', parse(read(path))).filter((script) => script.includes('${{'))).toEqual([]);
  });

  test('has no names that lead nowhere', () => {
    expect(mistakesIn(read(path), read)).toEqual([]);
  });

  test('leaves no token in the checkout', () => {
    const checkouts = stepsOf(read(path)).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'));
    const kept = checkouts.filter(({ with: given }) => given?.['persist-credentials'] !== false);
    expect(kept).toEqual([]);
  });

  test('declares its permissions', () => {
    expect(parse(read(path))).toHaveProperty('permissions');
  });
});

const actions = find('action.yml', '{build,deploy,rollback,status,remove}/action.yml');
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

    test('has no names that lead nowhere', () => {
      expect(mistakesIn(content, read)).toEqual([]);
    });
  });
}

test('every workflow that names Sealift names the same major version', () => {
  const texts = [...find('.github/workflows/*.yml').map(read), ...documented.map(({ content }) => content)];
  const versions = texts.flatMap((text) => [...text.matchAll(/sealift\/sealift[^@\s]*@(\S+)/g)]);
  expect(versions.length).toBeGreaterThan(20);
  expect(new Set(versions.map(([, version]) => version))).toEqual(new Set(['v1']));
});

function stepsOf(text: string): readonly Step[] {
  const { jobs }: { jobs: Readonly<Record<string, { readonly steps?: readonly Step[] }>> } = parse(text);
  return Object.values(jobs).flatMap(({ steps = [] }) => steps);
}

/** The texts of a key at any depth. */
function valuesOf(key: string, node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === key && typeof value === 'string' ? [value] : valuesOf(key, value),
  );
}
