import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findRollbackWorkflow } from '../../src/release/rollback-workflow.ts';

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'sealift-'));
});
afterEach(() => rm(checkout, { recursive: true }));

async function write(text: string): Promise<void> {
  const folder = join(checkout, '.github/workflows');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'rollback.yml'), text);
}

describe('the workflow for a rollback', () => {
  test('is one that a person can start, with the names of its inputs', async () => {
    await write(
      'on:\n  workflow_dispatch:\n    inputs:\n      environment: { required: true }\n      to:\n        type: string\njobs: {}\n',
    );
    expect(await findRollbackWorkflow(checkout)).toEqual({
      file: 'rollback.yml',
      inputs: ['environment', 'to'],
    });
  });

  test('may have no inputs', async () => {
    await write('on:\n  workflow_dispatch:\njobs: {}\n');
    expect(await findRollbackWorkflow(checkout)).toEqual({ file: 'rollback.yml', inputs: [] });
  });

  test('is none if only other workflows can call it', async () => {
    await write('on:\n  workflow_call:\n    inputs:\n      workflow_dispatch: { type: string }\n');
    expect(await findRollbackWorkflow(checkout)).toBeUndefined();
  });

  test('is none if the checkout has no such file', async () => {
    expect(await findRollbackWorkflow(checkout)).toBeUndefined();
  });
});
