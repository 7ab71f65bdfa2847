import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { DOCUMENTS, snippetsIn } from './support/documents.ts';
import { find, read } from './support/repository.ts';
import { mistakesIn } from './support/workflow-lint.ts';
import { loadVerdicts, type Verdicts } from './support/workflow-parser.ts';
import { brokenLimits, brokenRules, looseActions } from './support/workflow-rules.ts';

let verdicts: Verdicts;
beforeAll(async () => {
  verdicts = await loadVerdicts();
});

describe.each(find('.github/workflows/*.yml'))('%s', (path) => {
  test('is a workflow that GitHub accepts', async () => {
    expect(await verdicts.workflow(path, read(path), read)).toEqual([]);
  });

  test('holds to the rules', () => {
    expect([...brokenRules(read(path)), ...brokenLimits(read(path))]).toEqual([]);
  });

  test('has no names that lead nowhere', () => {
    expect(mistakesIn(read(path), read)).toEqual([]);
  });
});

const actions = find(
  'action.yml',
  '{build,deploy,rollback,status,remove,unlock,logs,export,import,gate}/action.yml',
);
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

test.each(['deliver', 'promote'])('%s.yml has the inputs that the refusal of a deploy advises', (name) => {
  const { on, jobs }: WorkflowFile = parse(read(`.github/workflows/${name}.yml`));
  const advised = ['approval', 'allow-self-approval', 'strict-approval', 'allow-downgrade'];
  expect(Object.keys(on.workflow_call.inputs)).toEqual(expect.arrayContaining(advised));
  const deploy = jobs.production.steps.find(({ uses }) => uses === 'sealift/sealift/deploy@v1');
  for (const input of advised) expect(deploy?.with?.[input]).toBe(`\${{ inputs.${input} }}`);
});

interface WorkflowFile {
  readonly on: { readonly workflow_call: { readonly inputs: Readonly<Record<string, unknown>> } };
  readonly jobs: { readonly production: { readonly steps: readonly WorkflowStep[] } };
}

interface WorkflowStep {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

describe.each(find('examples/**/.github/workflows/*.yml'))('%s', (path) => {
  test('holds to the rules, because people copy it', () => {
    expect(brokenRules(read(path))).toEqual([]);
  });
});

test.each(DOCUMENTS)('the actions in the workflows of %s are pinned, because people copy them', (path) => {
  expect(looseActions(read(path))).toEqual([]);
});

test('what runs in this repository is updated: the actions of its workflows and the packages of npm', () => {
  const { updates }: { readonly updates: readonly Record<string, unknown>[] } = parse(
    read('.github/dependabot.yml'),
  );
  expect(updates).toEqual(
    ['github-actions', 'npm'].map((ecosystem) =>
      expect.objectContaining({
        'package-ecosystem': ecosystem,
        directory: '/',
        schedule: { interval: 'weekly' },
      }),
    ),
  );
});

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
