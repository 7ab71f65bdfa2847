import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findComposeProgram } from '../../src/run/compose-program.ts';

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'compose-'));
});
afterEach(() => rm(top, { recursive: true }));

async function write(path: string, content: string, mode = 0o755): Promise<void> {
  await mkdir(dirname(join(top, path)), { recursive: true });
  await writeFile(join(top, path), content);
  await chmod(join(top, path), mode);
}

const find = (variables: Readonly<Record<string, string>> = {}): Promise<string | undefined> =>
  findComposeProgram({ PATH: `${join(top, 'none')}:${join(top, 'bin')}`, HOME: top, ...variables }, [
    join(top, 'system'),
    join(top, 'other'),
  ]);
const BINARY = '\x7fELF';

test('Compose is found where docker looks for it, in the same order', async () => {
  await write('bin/docker', BINARY);
  expect(await find()).toBeUndefined();
  await write('other/docker-compose', BINARY);
  expect(await find()).toBe(join(top, 'other/docker-compose'));
  await write('system/docker-compose', BINARY, 0o644);
  expect(await find()).toBe(join(top, 'other/docker-compose'));
  await write('system/docker-compose', BINARY);
  expect(await find()).toBe(join(top, 'system/docker-compose'));
  await write('.docker/cli-plugins/docker-compose', BINARY);
  expect(await find()).toBe(join(top, '.docker/cli-plugins/docker-compose'));
  await write('own/cli-plugins/docker-compose', BINARY);
  expect(await find({ DOCKER_CONFIG: join(top, 'own') })).toBe(join(top, 'own/cli-plugins/docker-compose'));
  await write('.docker/config.json', JSON.stringify({ cliPluginsExtraDirs: [join(top, 'extra')] }));
  await write('extra/docker-compose', BINARY);
  expect(await find()).toBe(join(top, 'extra/docker-compose'));
});

test('a docker that is a script is started itself, for it may do something else', async () => {
  await write('system/docker-compose', BINARY);
  await write('bin/docker', '#!/bin/sh\nexec podman "$@"\n');
  expect(await find()).toBeUndefined();
});

test('without docker nothing is found, so that the error names it', async () => {
  await write('system/docker-compose', BINARY);
  expect(await find()).toBeUndefined();
});

test('a configuration that can not be read leaves the other places', async () => {
  await write('bin/docker', BINARY);
  await write('system/docker-compose', BINARY);
  await write('.docker/config.json', '{');
  expect(await find()).toBe(join(top, 'system/docker-compose'));
});
