import { createPublicKey } from 'node:crypto';
import { ConfigurationError } from '../model/errors.ts';
import type { ImageSource } from '../model/image-source.ts';
import type { ImageVerification } from '../model/image-verification.ts';
import { type InputName, inputRef, inputSetting } from '../model/input-ref.ts';
import { githubVariables } from '../run/github-variables.ts';
import type { Inputs } from './reader.ts';

const REPOSITORY_PATTERN = /^[\w.-]+\/[\w.*-]+$/;
const WORKFLOW_PATTERN = /^(?:[\w.-]+\/[\w.*-]+\/)?\.github\/workflows\/[\w.*-]+\.ya?ml$/;
const REF_PATTERN = /^refs\/[^\s]+$/;
const PUBLIC_KEY = /-----BEGIN (?<kind>[A-Z ]*PUBLIC KEY)-----.*?-----END \k<kind>-----/gs;

/** The inputs of each way to verify. */
const INPUTS_OF = {
  key: ['verify-key'],
  attestation: ['verify-repository', 'verify-workflow', 'verify-ref', 'trusted-root'],
} as const satisfies Readonly<Record<string, readonly InputName[]>>;

/** What must be proved about the images of a deploy. */
export function readImageVerification(inputs: Inputs, source: ImageSource): ImageVerification {
  const kind = inputs.choice('verify', ['off', 'attestation', 'key']);
  for (const [owner, names] of Object.entries(INPUTS_OF)) {
    const unused = owner === kind ? undefined : names.find((name) => inputs.text(name) !== undefined);
    if (unused !== undefined) {
      throw new ConfigurationError(
        `${unused}: it has no effect with ${inputSetting('verify', kind)}. Set ${inputSetting('verify', owner)}, or remove "${inputRef(unused)}".`,
      );
    }
  }
  if (kind === 'off') return { kind };
  if (source.transfer === 'direct') {
    throw new ConfigurationError(
      `verify: not with ${inputSetting('image-transfer', 'direct')}, since signatures are in a registry, beside their image. Set ${inputSetting('image-transfer', 'registry')}, or ${inputSetting('verify', 'off')}.`,
    );
  }
  const isSigned = source.kind === 'existing' || (kind === 'attestation' && source.options.attest);
  if (!isSigned) {
    throw new ConfigurationError(
      kind === 'key'
        ? 'verify: the image is built and deployed at once, and nothing signs it with a key in between. Build it with build/, sign it with cosign, and deploy it with deploy/.'
        : `verify: the image is built and deployed at once, and nothing attests it in between. Set ${inputSetting('attest', 'true')}.`,
    );
  }
  return kind === 'key' ? { kind, keys: readKeys(inputs) } : { kind, ...readSigners(inputs) };
}

function readKeys(inputs: Inputs): readonly string[] {
  const text = inputs.required(
    'verify-key',
    'Set it to the public key of the signatures, the text of cosign.pub.',
  );
  const keys = [...text.replaceAll('\\n', '\n').matchAll(PUBLIC_KEY)].map(([pem]) => pem);
  if (keys.length === 0 || !keys.every(isPublicKey)) {
    throw new ConfigurationError(
      'verify-key: not a public key in PEM format. Give the text of cosign.pub, which begins with -----BEGIN PUBLIC KEY-----, not its path. Several keys stand one below the other.',
    );
  }
  return keys;
}

function isPublicKey(pem: string): boolean {
  try {
    createPublicKey(pem);
    return true;
  } catch {
    return false;
  }
}

function readSigners(inputs: Inputs) {
  const own = githubVariables().repository;
  const repositories = readPatterns(inputs, 'verify-repository', REPOSITORY_PATTERN, 'octo/shop or octo/*');
  if (repositories.length === 0 && own === undefined)
    inputs.required('verify-repository', 'Name the repository whose workflow builds the image: octo/shop.');
  return {
    repositories: repositories.length > 0 ? repositories : [own ?? ''],
    workflows: readPatterns(
      inputs,
      'verify-workflow',
      WORKFLOW_PATTERN,
      '.github/workflows/deliver.yml, or octo/shared/.github/workflows/deliver.yml for one of another repository',
    ),
    refs: readPatterns(inputs, 'verify-ref', REF_PATTERN, 'refs/heads/main or refs/tags/v*'),
    trustedRoot: inputs.text('trusted-root'),
  };
}

function readPatterns(
  inputs: Inputs,
  name: 'verify-repository' | 'verify-workflow' | 'verify-ref',
  rule: RegExp,
  example: string,
): readonly string[] {
  const patterns = inputs.lines(name);
  const wrong = patterns.find((pattern) => !rule.test(pattern));
  if (wrong === undefined) return patterns;
  throw new ConfigurationError(
    `${name}: "${wrong}" is not a pattern for it. Write ${example}, one per line.`,
  );
}
