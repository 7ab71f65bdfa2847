export interface SshAccess {
  readonly privateKey: string;
  readonly passphrase: string | undefined;
  readonly knownHosts: string;
  /** Extra lines of ssh_config(5), such as ProxyJump. */
  readonly config: string;
}

/** In PEM format. */
export interface TlsAccess {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** How the hosts of an environment are reached: with an SSH key, with TLS certificates, or both. */
export interface HostAccess {
  readonly ssh: SshAccess | undefined;
  readonly tls: TlsAccess | undefined;
}
