import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError } from '../model/errors.ts';
import type { InitOptions } from './init-options.ts';
import type { Change } from './make-changes.ts';
import type { WorkFolder } from './work-folder.ts';

/** The key with which Sealift will log in. */
export interface DeployKey {
  /** Where it is, or will be. */
  readonly file: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string;
  /** What brings it to its place; none if it is there already. */
  readonly changes: readonly Change[];
}

/**
 * Reads the deploy key. One that is missing is made before anything is asked, but beside its place: without a yes, nothing is left of
 * it.
 * @throws ConfigurationError for a key with a passphrase
 */
export async function prepareDeployKey(
  { key, environment }: InitOptions,
  repository: string,
  work: WorkFolder,
): Promise<DeployKey> {
  const file = key ?? join(homedir(), '.ssh', `sealift-${basename(repository)}-${environment}`);
  if (existsSync(file)) return { file, publicKey: await publicKeyOf(file, work), changes: [] };
  const made = join(work.folder, 'key');
  const { run, env } = work;
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'sealift', '-f', made], { env });
  const changes = [{ what: [`here: the key ${file}`], make: () => keepKey(made, file) }];
  return { file, publicKey: await publicKeyOf(made, work), changes };
}

async function publicKeyOf(file: string, { run, env }: WorkFolder): Promise<string> {
  const { stdout } = await run('ssh-keygen', ['-y', '-P', '', '-f', file], { env }).catch(
    (cause: unknown) => {
      throw new ConfigurationError(
        `--key: ${file} is no private key without a passphrase. GitHub can't type one: give another key.`,
        { cause },
      );
    },
  );
  return stdout.trim().split(' ').slice(0, 2).join(' ');
}

async function keepKey(made: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, await readFile(made), { flag: 'wx', mode: 0o600 });
  await writeFile(`${file}.pub`, await readFile(`${made}.pub`));
  await chmod(file, 0o600);
}
