import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, ConfigurationError, SealiftError } from '../model/errors.ts';
import type { StepContext } from '../model/step-context.ts';

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
  const [signers, file] = await Promise.all([
    writePrivately(folder, 'allowed-signers', `${allowedSigners}\n`),
    writePrivately(folder, 'signature', signature),
  ]);
  try {
    const found = await run('ssh-keygen', ['-Y', 'find-principals', '-s', file, '-f', signers]);
    const [signer = ''] = found.stdout.split('\n');
    await run('ssh-keygen', ['-Y', 'verify', '-n', NAMESPACE, '-f', signers, '-I', signer, '-s', file], {
      stdin: text,
    });
    return signer;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new SealiftError(
      `allowed-signers: the signature of the archive is not by one of them, or not of what is in it. Get the archive again from where it was made, and compare the key of its signer.`,
      { evidence: error.evidence, cause: error },
    );
  }
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
