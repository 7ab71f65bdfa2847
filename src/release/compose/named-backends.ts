import { nonHttpProtocol } from './port-protocol.ts';

/** Finds in the configuration of a proxy to which ports of a host it sends requests. Pure. */

export type NamedBackend =
  /** `port` is `undefined` where the text names only the host. */
  | { readonly kind: 'http'; readonly port: number | undefined }
  | { readonly kind: 'other'; readonly protocol: string };

/** Directives of nginx and Caddy that speak another protocol than HTTP/1.1 to a backend. */
const OTHER_DIRECTIVES: Readonly<Record<string, string>> = {
  fastcgi_pass: 'FastCGI',
  php_fastcgi: 'FastCGI',
  uwsgi_pass: 'uwsgi',
  scgi_pass: 'SCGI',
  grpc_pass: 'gRPC',
  memcached_pass: 'memcached',
};

const OTHER_SCHEMES: Readonly<Record<string, string>> = {
  fastcgi: 'FastCGI',
  fcgi: 'FastCGI',
  uwsgi: 'uwsgi',
  scgi: 'SCGI',
  grpc: 'gRPC',
  grpcs: 'gRPC',
  h2c: 'HTTP/2',
  https: 'HTTPS',
  wss: 'HTTPS',
};

/** PHP-FPM's: where nothing says that it is HTTP, it is FastCGI. */
const FASTCGI_PORT = 9000;

/**
 * The backends that a text names: URLs, `name:port`, `server name:port` of nginx and HAProxy, `reverse_proxy name` of Caddy, or a
 * variable that is the name (`BACKEND=web`). URLs of other things than web servers (`postgres://name`) are left out.
 *
 * @param text a configuration file, a command, or `NAME=value`
 */
export function namedBackends(text: string, name: string): readonly NamedBackend[] {
  const plain = text.replaceAll(/(^|\s)#.*$/gm, '$1');
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(
    `(?:\\b([a-z][a-z0-9+.-]*):\\/\\/(?:[^\\s/@"'\`]*@)?|(?<![\\w.@/$-]))${literal}(?![\\w-]|\\.\\w)(?::(\\d{1,5}))?`,
    'gi',
  );
  const groups = new NginxGroups(plain);
  return [...plain.matchAll(pattern)].flatMap((match) => {
    const [whole, scheme, port] = match;
    const after = plain.slice(match.index + whole.length);
    const number = port === undefined ? undefined : Number(port);
    if (scheme !== undefined) return byScheme(scheme.toLowerCase(), number, groups.names.has(name));
    return byContext(plain.slice(0, match.index), after, number, groups);
  });
}

function byScheme(scheme: string, port: number | undefined, isGroup: boolean): readonly NamedBackend[] {
  const protocol = OTHER_SCHEMES[scheme];
  if (protocol !== undefined) return [{ kind: 'other', protocol }];
  // Without a port, it is a group of servers, which is read where it stands.
  if (!['http', 'ws'].includes(scheme) || (port === undefined && isGroup)) return [];
  return [{ kind: 'http', port: port ?? 80 }];
}

function byContext(
  before: string,
  after: string,
  port: number | undefined,
  groups: NginxGroups,
): readonly NamedBackend[] {
  const statement = /[^;{}\n]*$/.exec(before)?.[0].trimStart() ?? '';
  const directive = /^[\w-]+/.exec(statement)?.[0] ?? '';
  const known = OTHER_DIRECTIVES[directive];
  if (known !== undefined) return [{ kind: 'other', protocol: known }];
  if (directive === 'server') {
    const group = groups.around(before.length);
    const protocol = group === undefined ? undefined : groups.otherProtocolOf(group);
    if (protocol !== undefined) return [{ kind: 'other', protocol }];
    // HAProxy's `server name address` has a name of its own first.
    if (port === undefined && group === undefined) return [];
    return [groups.isTcp ? { kind: 'other', protocol: 'TCP' } : { kind: 'http', port: port ?? 80 }];
  }
  // In nginx, HTTP needs a scheme here; without, it is a stream.
  if (directive === 'proxy_pass') return port === undefined ? [] : [{ kind: 'other', protocol: 'TCP' }];
  if (directive === 'reverse_proxy' || (directive === 'to' && statement.length < 'to '.length + 1)) {
    if (/^[^}]*\btransport\s+fastcgi\b/.test(after)) return [{ kind: 'other', protocol: 'FastCGI' }];
    return [{ kind: 'http', port: port ?? 80 }];
  }
  if (port === undefined) return isValue(before, after) ? [{ kind: 'http', port: undefined }] : [];
  if (port === FASTCGI_PORT) return [{ kind: 'other', protocol: 'FastCGI' }];
  const protocol = nonHttpProtocol(port);
  return protocol === undefined ? [{ kind: 'http', port }] : [{ kind: 'other', protocol }];
}

/** Whether the name is all of a variable: `BACKEND_HOST=web`. */
const isValue = (before: string, after: string): boolean => /^[A-Z][A-Z0-9_]*=$/.test(before) && after === '';

/** The `upstream` groups of nginx in a text. */
class NginxGroups {
  readonly names: ReadonlySet<string>;
  /** HAProxy's mode, if it has no backends by HTTP. */
  readonly isTcp: boolean;
  readonly #text: string;
  readonly #groups: readonly { readonly name: string; readonly begin: number; readonly end: number }[];

  constructor(text: string) {
    this.#text = text;
    this.isTcp = /^\s*mode\s+tcp\b/m.test(text) && !/^\s*mode\s+http\b/m.test(text);
    this.#groups = [...text.matchAll(/\bupstream\s+([\w.-]+)\s*\{[^}]*\}/g)].map((match) => ({
      name: match[1] ?? '',
      begin: match.index,
      end: match.index + match[0].length,
    }));
    this.names = new Set(this.#groups.map(({ name }) => name));
  }

  /** The name of the group that a position is in. */
  around(position: number): string | undefined {
    return this.#groups.find(({ begin, end }) => begin <= position && position < end)?.name;
  }

  /** What a group speaks, if a directive says that it is not HTTP. */
  otherProtocolOf(group: string): string | undefined {
    const directives = Object.keys(OTHER_DIRECTIVES).join('|');
    for (const [, directive = '', name] of this.#text.matchAll(
      new RegExp(`\\b(${directives})\\s+(?:grpcs?:\\/\\/)?([\\w.-]+)`, 'g'),
    )) {
      if (name === group) return OTHER_DIRECTIVES[directive];
    }
    return new RegExp(`\\bproxy_pass\\s+https:\\/\\/${group.replaceAll('.', '\\.')}\\b`).test(this.#text)
      ? 'HTTPS'
      : undefined;
  }
}
