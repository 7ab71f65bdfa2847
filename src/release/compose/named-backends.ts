import { nonHttpProtocol } from './port-protocol.ts';
import { OTHER_DIRECTIVES, ProxyConfig } from './proxy-config.ts';

/** Finds in the configuration of a proxy to which ports of a host it sends requests. Pure. */

export type NamedBackend =
  /** `port` is `undefined` where the text names only the host. */
  | { readonly kind: 'http'; readonly port: number | undefined }
  | { readonly kind: 'other'; readonly protocol: string };

const OTHER_SCHEMES: ReadonlyMap<string, string> = new Map([
  ['fastcgi', 'FastCGI'],
  ['fcgi', 'FastCGI'],
  ['uwsgi', 'uwsgi'],
  ['scgi', 'SCGI'],
  ['grpc', 'gRPC'],
  ['grpcs', 'gRPC'],
  ['h2c', 'HTTP/2'],
  ['https', 'HTTPS'],
  ['wss', 'HTTPS'],
]);

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
  // No scheme is longer; without a limit, it would be looked for from each word to the end of the text.
  const pattern = new RegExp(
    `(?:\\b([a-z][a-z0-9+.-]{0,31}):\\/\\/(?:[^\\s/@"'\`]*@)?|(?<![\\w.@/$-]))${literal}(?![\\w-]|\\.\\w)(?::(\\d{1,5}))?`,
    'gi',
  );
  const matches = [...plain.matchAll(pattern)];
  if (matches.length === 0) return [];
  const config = new ProxyConfig(plain);
  return matches.flatMap((match) => {
    const [whole, scheme, port] = match;
    const number = port === undefined ? undefined : Number(port);
    if (scheme !== undefined) return byScheme(scheme.toLowerCase(), number, config.groupNames.has(name));
    return byContext(config, match.index, match.index + whole.length, number);
  });
}

function byScheme(scheme: string, port: number | undefined, isGroup: boolean): readonly NamedBackend[] {
  const protocol = OTHER_SCHEMES.get(scheme);
  if (protocol !== undefined) return [{ kind: 'other', protocol }];
  // Without a port, it is a group of servers, which is read where it stands.
  if (!['http', 'ws'].includes(scheme) || (port === undefined && isGroup)) return [];
  return [{ kind: 'http', port: port ?? 80 }];
}

function byContext(
  config: ProxyConfig,
  begin: number,
  end: number,
  port: number | undefined,
): readonly NamedBackend[] {
  const { start, directive } = config.statementAt(begin);
  const known = OTHER_DIRECTIVES.get(directive);
  if (known !== undefined) return [{ kind: 'other', protocol: known }];
  if (directive === 'server') {
    const group = config.groupAt(begin);
    const protocol = group === undefined ? undefined : config.otherProtocolOf(group);
    if (protocol !== undefined) return [{ kind: 'other', protocol }];
    // HAProxy's `server name address` has a name of its own first.
    if (port === undefined && group === undefined) return [];
    return [config.isTcp ? { kind: 'other', protocol: 'TCP' } : { kind: 'http', port: port ?? 80 }];
  }
  // In nginx, HTTP needs a scheme here; without, it is a stream.
  if (directive === 'proxy_pass') return port === undefined ? [] : [{ kind: 'other', protocol: 'TCP' }];
  if (directive === 'reverse_proxy' || (directive === 'to' && begin - start <= 'to '.length)) {
    if (config.isFastCgiAfter(end)) return [{ kind: 'other', protocol: 'FastCGI' }];
    return [{ kind: 'http', port: port ?? 80 }];
  }
  if (port === undefined) return config.isValue(begin, end) ? [{ kind: 'http', port: undefined }] : [];
  if (port === FASTCGI_PORT) return [{ kind: 'other', protocol: 'FastCGI' }];
  const protocol = nonHttpProtocol(port);
  return protocol === undefined ? [{ kind: 'http', port }] : [{ kind: 'other', protocol }];
}
