import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keysOfMapping } from '../model/yaml-lines.ts';

/** A workflow of the user's repository that a person starts to roll back. */
export interface RollbackWorkflow {
  /** `rollback.yml` */
  readonly file: string;
  /** The names of its inputs. */
  readonly inputs: readonly string[];
}

const WORKFLOW_FILE = 'rollback.yml';

/**
 * Looks for `.github/workflows/rollback.yml` in a checkout.
 * @returns `undefined` if there is none, or if nobody can start it by hand
 */
export async function findRollbackWorkflow(workspace: string): Promise<RollbackWorkflow | undefined> {
  const text = await readFile(join(workspace, '.github/workflows', WORKFLOW_FILE), 'utf8').catch(() => '');
  const on = keysOfMapping(text, ['on']);
  if (!on.includes('workflow_dispatch')) return undefined;
  return { file: WORKFLOW_FILE, inputs: keysOfMapping(text, ['on', 'workflow_dispatch', 'inputs']) };
}
