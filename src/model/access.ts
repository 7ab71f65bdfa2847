/** Of a key or host keys that are not given, those of the user who runs Sealift are used, as ssh would; only at a terminal. */
export interface SshAccess {
  readonly privateKey: string | undefined;
  readonly passphrase: string | undefined;
  readonly knownHosts: string | undefined;
  /** Extra lines of ssh_config(5), such as ProxyJump. */
  readonly config: string;
  /** What a certificate authority made of the key's public half, for servers that trust that authority. */
  readonly certificate?: string | undefined;
  /** Variables for ssh itself, and so for its ProxyCommand. */
  readonly variables?: Readonly<Record<string, string>> | undefined;
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
