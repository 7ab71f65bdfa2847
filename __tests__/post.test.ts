import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { post } from '../src/post.ts';
import { STEP_FOLDER_STATE } from '../src/run/step-folder.ts';
import { read } from './support/repository.ts';

describe('the post step', () => {
  afterEach(() => {
    delete process.env[`STATE_${STEP_FOLDER_STATE}`];
  });

  test('removes the folder of its step with all files in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'post-'));
    await writeFile(join(folder, 'config.json'), '{}');
    process.env[`STATE_${STEP_FOLDER_STATE}`] = folder;
    await post();
    expect(existsSync(folder)).toBe(false);
  });

  test('ends the programs of a step that was killed, whether it held a lock or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'post-'));
    process.env[`STATE_${STEP_FOLDER_STATE}`] = folder;
    const env = { ...process.env, SEALIFT_STEP_FOLDER: folder };
    const program = spawn('sleep', ['600'], { env, stdio: 'ignore' });
    const ended = once(program, 'exit');
    await post();
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('does nothing if the step did not begin', async () => {
    await expect(post()).resolves.toBeUndefined();
  });

  test('loads only modules of Node unless a lock is left, because it runs in every job', () => {
    const imported = [
      'src/post.ts',
      'src/run/left-programs.ts',
      'src/run/fingerprint.ts',
      'src/run/lock-state.ts',
      'src/run/step-folder.ts',
      'src/run/folder-owner.ts',
    ].flatMap((path) =>
      [...read(path).matchAll(/^import (?!type ).* from '([^']+)'/gm)].map(([, name]) => name),
    );
    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([
      './run/left-programs.ts',
      './run/lock-state.ts',
      './run/step-folder.ts',
      './fingerprint.ts',
      './folder-owner.ts',
    ]);
  });
});
