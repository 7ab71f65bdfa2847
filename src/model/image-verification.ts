/** What must be proved about an image before it is deployed. */
export type ImageVerification = Unverified | SignedByKey | AttestedByWorkflow;

/** No proof is required. */
interface Unverified {
  readonly kind: 'off';
}

/** The owner of one of some keys has signed it with cosign. */
export interface SignedByKey {
  readonly kind: 'key';
  /** Public keys in PEM format. */
  readonly keys: readonly string[];
}

/** A workflow of GitHub Actions has attested that it built it. In the patterns, `*` stands for anything except `/`, and `**` for anything. */
export interface AttestedByWorkflow {
  readonly kind: 'attestation';
  /** `octo/shop`, `octo/*` */
  readonly repositories: readonly string[];
  /** `octo/shop/.github/workflows/deliver.yml`; without an owner, of the repository itself. Empty: any of the repository itself. */
  readonly workflows: readonly string[];
  /** `refs/heads/main`, `refs/tags/v*`; empty: any. */
  readonly refs: readonly string[];
  /** The text of `trusted_root.json`, or several in lines; `undefined`: the public Sigstore. */
  readonly trustedRoot: string | undefined;
}
