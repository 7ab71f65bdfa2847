import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { recordOwner } from '../../src/run/folder-owner.ts';
import { removeLeftFolders } from '../../src/run/left-folders.ts';
import { createStepFolder, removeStepFolder } from '../../src/run/step-folder.ts';

/** In place of the machine's own. */
let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'left-folders-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(parent, { recursive: true });
});

/** What a run has written of itself, with these changes. */
async function ownerOf(changes: object = {}): Promise<string> {
  const folder = await createStepFolder();
  const text = await readFile(join(folder, 'owner.json'), 'utf8');
  await removeStepFolder(folder);
  return JSON.stringify({ ...JSON.parse(text), ...changes });
}

/** A folder of a run, with a login in it. */
async function folderOf(owner: string | undefined, name = 'sealift-aB3dEf'): Promise<string> {
  const folder = join(parent, name);
  await mkdir(join(folder, 'docker'), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, 'docker', 'config.json'), '{}');
  if (owner !== undefined) await writeFile(join(folder, 'owner.json'), owner);
  return folder;
}

/** The number of a process that has ended. */
async function deadProcess(): Promise<number> {
  const program = spawn('true');
  await once(program, 'exit');
  return Number(program.pid);
}

const left = async (): Promise<readonly string[]> => {
  await removeLeftFolders(parent);
  return (await readdir(parent)).toSorted();
};

describe('a folder of a run that was killed is removed', () => {
  test.each(['sealift-aB3dEf', 'sealift-init-aB3dEf'])('with all that is in it: %s', async (name) => {
    await folderOf(await ownerOf({ pid: await deadProcess() }), name);
    expect(await left()).toEqual([]);
  });

  test('if another process has its number by now', async () => {
    await folderOf(await ownerOf({ start: '17' }));
    expect(await left()).toEqual([]);
  });

  test('with the programs that the run has left', async () => {
    const folder = await folderOf(await ownerOf({ pid: await deadProcess() }));
    const env = { ...process.env, SEALIFT_STEP_FOLDER: folder };
    const program = spawn('sleep', ['600'], { env, stdio: 'ignore' });
    const ended = once(program, 'exit');
    expect(await left()).toEqual([]);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  test('but not what a link in it points to', async () => {
    const elsewhere = join(parent, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'kept'), '');
    const folder = await folderOf(await ownerOf({ pid: await deadProcess() }));
    await symlink(elsewhere, join(folder, 'link'));
    expect(await left()).toEqual(['elsewhere']);
    expect(await readdir(elsewhere)).toEqual(['kept']);
  });
});

describe('a folder stays', () => {
  test('of a run that lives: this one, and one of another process', async () => {
    const other: ChildProcess = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      const line = await readFile(`/proc/${other.pid}/stat`, 'utf8');
      const start = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
      await folderOf(await ownerOf());
      await folderOf(await ownerOf({ pid: other.pid, start }), 'sealift-other1');
      expect(await left()).toEqual(['sealift-aB3dEf', 'sealift-other1']);
    } finally {
      other.kill('SIGKILL');
    }
  });

  test.each<[string, (dead: string) => string | undefined]>([
    ['nobody has written whose it is', () => undefined],
    ['only a part of that is written', (dead) => dead.slice(0, -9)],
    [
      'its process is in another container',
      (dead) => JSON.stringify({ ...JSON.parse(dead), namespace: 'pid:[1]' }),
    ],
    ['its process is on another machine', (dead) => JSON.stringify({ ...JSON.parse(dead), boot: 'another' })],
    ['its process has no number', (dead) => JSON.stringify({ ...JSON.parse(dead), pid: -1 })],
  ])('if %s', async (_, change) => {
    await folderOf(change(await ownerOf({ pid: await deadProcess() })));
    expect(await left()).toHaveLength(1);
  });

  test.each(['sealift-test-aB3dEf', 'sealift-aB3dEf1', 'other-aB3dEf', 'sealift-lab'])(
    'if its name is not that of a run: %s',
    async (name) => {
      await folderOf(await ownerOf({ pid: await deadProcess() }), name);
      expect(await left()).toEqual([name]);
    },
  );

  test('if it is of another user', async () => {
    await folderOf(await ownerOf({ pid: await deadProcess() }));
    jest.spyOn(process, 'getuid').mockReturnValue(Number(process.getuid?.()) + 1);
    expect(await left()).toHaveLength(1);
  });

  test('if others may write in it', async () => {
    await chmod(await folderOf(await ownerOf({ pid: await deadProcess() })), 0o770);
    expect(await left()).toHaveLength(1);
  });

  test('if it is a link, or what is written in it is one', async () => {
    const dead = await ownerOf({ pid: await deadProcess() });
    const folder = await folderOf(dead, 'real');
    await symlink(folder, join(parent, 'sealift-aB3dEf'));
    const linked = await folderOf(undefined, 'sealift-linked');
    await symlink(join(folder, 'owner.json'), join(linked, 'owner.json'));
    expect(await left()).toEqual(['real', 'sealift-aB3dEf', 'sealift-linked']);
    expect(await readdir(folder)).toEqual(['docker', 'owner.json']);
  });
});

test('a run writes itself into each of its folders, for nobody else to read', async () => {
  for (const name of ['sealift-', 'sealift-init-'] as const) {
    const folder = await createStepFolder(name);
    const file = join(folder, 'owner.json');
    const [{ mode }, text] = [await stat(file), await readFile(file, 'utf8')];
    await removeStepFolder(folder);
    expect(mode & 0o777).toBe(0o600);
    expect(JSON.parse(text)).toMatchObject({ pid: process.pid });
  }
});

test('a folder that is not there is no error', async () => {
  await expect(recordOwner(join(parent, 'gone'))).resolves.toBeUndefined();
  await expect(removeLeftFolders(join(parent, 'gone'))).resolves.toBeUndefined();
});
