import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ACTIONS } from '../script/lib/action-docs.ts';
import { loadWorkflowParser } from './support/workflow-parser.ts';

const ROOT = resolve(import.meta.dirname, '..');
const actions = ACTIONS.map((folder) => join(folder, 'action.yml')).filter((path) =>
  existsSync(join(ROOT, path)),
);
const workflows = filesIn('.github/workflows');

let parser: Awaited<ReturnType<typeof loadWorkflowParser>>;
beforeAll(async () => {
  parser = await loadWorkflowParser();
});

describe.each(workflows)('%s', (path) => {
  test('is a workflow that GitHub accepts', async () => {
    expect(await workflowErrors(path)).toEqual([]);
  });

  test('pins every action to a commit and says which version that is', () => {
    const uses = read(path).matchAll(/uses: *(?<action>[^#\s]+)(?<comment>.*)/g);
    const loose = [...uses]
      .filter(({ groups }) => !groups?.['action']?.startsWith('./'))
      .filter(([line]) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line));
    expect(loose.map(([line]) => line)).toEqual([]);
  });

  // An expression in a script is replaced before the shell reads it: a branch named `$(…)` would run.
  test('puts no expression into a script', () => {
    expect(scripts(parse(read(path))).filter((script) => script.includes('${{'))).toEqual([]);
  });

  test('says which permissions it needs', () => {
    expect(parse(read(path))).toHaveProperty('permissions');
  });
});

// There are none before the first action.yml is written.
for (const path of actions) {
  test(`${path} is an action that GitHub accepts`, () => {
    const { context } = parser.parseAction(
      { name: path, content: read(path) },
      new parser.NoOperationTraceWriter(),
    );
    expect(messages(context)).toEqual([]);
  });

  test(`${path} starts files that are there`, () => {
    const { using, main, post } = parse(read(path)).runs;
    expect(using).toBe('node24');
    const missing = [main, post].filter(
      (file) => file !== undefined && !existsSync(join(ROOT, path, '..', file)),
    );
    expect(missing).toEqual([]);
  });
}

async function workflowErrors(path: string): Promise<string[]> {
  const { context, value } = parser.parseWorkflow(
    { name: path, content: read(path) },
    new parser.NoOperationTraceWriter(),
  );
  // The second half checks what one file says of another: inputs, secrets and jobs of the workflows that it calls.
  if (value !== undefined) {
    await parser.convertWorkflowTemplate(
      context,
      value,
      {
        getFileContent: async (called) => {
          if (!('path' in called)) throw new Error('Only workflows of this repository are called.');
          return { name: called.path, content: read(called.path) };
        },
      },
      { fetchReusableWorkflowDepth: 1 },
    );
  }
  return messages(context);
}

function messages(context: { readonly errors: { getErrors(): { readonly message: string }[] } }): string[] {
  return context.errors.getErrors().map((error) => error.message);
}

/** The value of each `run`, however deep. */
function scripts(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'run' && typeof value === 'string' ? [value] : scripts(value),
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(folder, basename(name)));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
