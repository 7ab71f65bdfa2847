import { TrustedRoot } from '@sigstore/protobuf-specs';
import seeds from '@sigstore/tuf/seeds.json' with { type: 'json' };
import { toTrustMaterial, Verifier } from '@sigstore/verify';
import { ConfigurationError, messageOf } from '../model/errors.ts';
import { isObject } from '../model/json.ts';

/**
 * What verifies the signatures of each Sigstore that is trusted. One that has transparency logs must have logged the signature, and one
 * that logs certificates the certificate; GitHub's own Sigstore for private repositories has neither. All prove the time.
 * @param text of the input `trusted-root`; `undefined`: the public Sigstore, as the package `@sigstore/tuf` brings it
 * @throws ConfigurationError if it is no trusted root
 */
export function verifiersFor(text: string | undefined): readonly Verifier[] {
  const roots = text === undefined ? [publicRoot()] : parseRoots(text);
  return roots.map((root) => {
    const { tlogs, ctlogs } = root;
    return new Verifier(toTrustMaterial(root), {
      tlogThreshold: Math.min(1, tlogs.length),
      ctlogThreshold: Math.min(1, ctlogs.length),
      timestampThreshold: 1,
    });
  });
}

const publicRoot = (): TrustedRoot =>
  TrustedRoot.fromJSON(
    JSON.parse(
      Buffer.from(
        seeds['https://tuf-repo-cdn.sigstore.dev'].targets['trusted_root.json'],
        'base64',
      ).toString(),
    ),
  );

/** One root as JSON, or several, each in a line: what `gh attestation trusted-root` prints. */
function parseRoots(text: string): readonly TrustedRoot[] {
  try {
    return jsonDocuments(text).map((document) => {
      if (!isObject(document)) throw new Error('it is not a JSON object');
      const root = TrustedRoot.fromJSON(document);
      if (root.certificateAuthorities.length === 0) throw new Error('it has no certificateAuthorities');
      // It reads the certificates and keys too.
      toTrustMaterial(root);
      return root;
    });
  } catch (cause) {
    throw new ConfigurationError(
      `trusted-root: this is not the trusted root of a Sigstore (${messageOf(cause)}). Give the text that "gh attestation trusted-root" prints, or the trusted_root.json of your own Sigstore.`,
      { cause },
    );
  }
}

function jsonDocuments(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.map((line): unknown => JSON.parse(line));
  }
}
