/** A user name and a password, without the registry that they are for. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The logins that the user gave. Each goes to its registry and to no other, whichever the Compose file names. */
export interface RegistryCredentials {
  /** For registries that the inputs name. */
  readonly logins: readonly RegistryLogin[];
  /** A login for which no input names a registry: see image/login.ts. */
  readonly unnamed: Credentials | undefined;
  /** The token of the job, which GitHub's container registry accepts as a password; only for a job of github.com. */
  readonly token: Credentials | undefined;
}

export interface RegistryLogin extends Credentials {
  /** Host of the registry, as in `docker login HOST`. */
  readonly registry: string;
}
