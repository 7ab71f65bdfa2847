import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import type { RunOptions, StepContext } from '../model/step-context.ts';

/** What a signature is for (ssh-keygen(1), -n): a file of allowed signers can limit a key to it. */
const NAMESPACE = 'sealift';

/**
 * Signs a text with an SSH key.
 * @param key a private key, or a public one whose private key is in the ssh agent
 * @throws ConfigurationError that names `sign-key`
 */
export async function sign(text: string, key: string, { run, folder }: StepContext): Promise<string> {
  const file = await writePrivately(folder, 'sign-key', key.endsWith('\n') ? key : `${key}\n`);
  try {
    const options = { stdin: text, env: agentEnvironment() };
    const { stdout } = await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', NAMESPACE, '-f', file], options);
    return stdout;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new ConfigurationError(
      `sign-key: ssh-keygen can't sign with it. Give the text of a private key without a passphrase, or of a public key whose private key your ssh agent has.`,
      { evidence: error.evidence, cause: error },
    );
  }
}

/**
 * Verifies a signature by a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS).
 * @returns who signed it
 * @throws SealiftError if none of them did
 */
export async function verifySignature(
  text: string,
  signature: string,
  allowedSigners: string,
  { run, folder }: StepContext,
): Promise<string> {
  const file = await writePrivately(folder, 'signature', signature);
  const refusals: string[] = [];
  const ask = async (args: readonly string[], options: RunOptions = {}) => {
    try {
      return await run('ssh-keygen', ['-Y', ...args], options);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refusals.push(...error.evidence);
      return undefined;
    }
  };
  // ssh-keygen takes the first line with the key, although that may be for another purpose. So each line is asked for itself.
  for (const line of allowedSigners.split('\n').filter((each) => /^\s*[^\s#]/.test(each))) {
    const signers = await writePrivately(folder, 'allowed-signers', `${line}\n`);
    const found = await ask(['find-principals', '-s', file, '-f', signers]);
    for (const name of found?.stdout.trim().split('\n') ?? []) {
      const as = ['-n', NAMESPACE, '-f', signers, '-I', name, '-s', file];
      if ((await ask(['verify', ...as], { stdin: text })) !== undefined) return name;
    }
  }
  throw new SealiftError(
    `allowed-signers: the signature of the archive is not by one of them, or not of what is in it. Get the archive again from where it was made, and compare the key of its signer.`,
    { evidence: [...new Set(refusals)] },
  );
}

/** With the agent of the user, who may have the key there alone. */
function agentEnvironment(): Record<string, string> {
  const { SSH_AUTH_SOCK: agent, PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, LC_ALL: 'C', ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }) };
}

/** ssh-keygen reads keys from files that nobody else can read. The folder is removed with the step. */
async function writePrivately(folder: string, name: string, text: string): Promise<string> {
  const own = join(folder, `signing-${randomUUID().slice(0, 8)}`);
  await mkdir(own, { mode: 0o700 });
  const file = join(own, name);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}
