/** What `init` has found and done, for programs: `--json`. */
export interface InitReport {
  readonly command: 'init';
  /** `unchanged`: nothing was missing. */
  readonly result: 'prepared' | 'unchanged';
  /** `ssh://root@203.0.113.7` */
  readonly server: string;
  /** The user with which Sealift logs in. */
  readonly user: string;
  readonly repository: string;
  readonly environment: string;
  /** Path of the private key. */
  readonly key: string;
  /** Path of the workflow. */
  readonly workflow: string;
  /** Lines for `known-hosts`. */
  readonly knownHosts: readonly string[];
  /** What the server is like, and whether each is as it should be. */
  readonly checks: readonly { readonly ok: boolean; readonly text: string }[];
  /** What was missing, and is there now. */
  readonly made: readonly string[];
  /** Commands for a shell that set up GitHub; none if `gh` was run. */
  readonly commands: readonly string[];
}

/** What is printed in its place if it failed. */
export interface InitFailure {
  readonly command: 'init';
  readonly result: 'failed';
  readonly error: string;
  readonly details: readonly string[];
}
