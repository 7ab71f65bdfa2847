import { isIPv6, SocketAddress } from 'node:net';
import { ConfigurationError } from './errors.ts';
import { type HostName, hostName } from './identifiers.ts';
import { inputRef } from './input-ref.ts';
import { plainText } from './plain-text.ts';

/** A host as the user named it. */
export type HostAddress =
  | {
      readonly kind: 'ssh';
      readonly name: HostName;
      readonly user: string | undefined;
      readonly hostname: string;
      readonly port: number | undefined;
    }
  | { readonly kind: 'tcp'; readonly name: HostName; readonly hostname: string; readonly port: number }
  | { readonly kind: 'unix'; readonly name: HostName; readonly path: string };

const URL_PARTS =
  /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?:(?<credentials>[^/]*)@)?(?<host>\[[^\]]*\]|[^/:?#]*)(?<port>:[^/?#]*)?(?<rest>.*)$/s;
const HOSTNAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** `DOMAIN\user` and `machine$` too; no backslash at the end, which would take what follows with it in a ProxyCommand (as OpenSSH 9.6). */
const USER = /^[A-Za-z0-9_](?:[A-Za-z0-9_.@+\\-]*[A-Za-z0-9_.@+-])?\$?$/;

/** Refuses the line with a problem that follows its text: `has a path. …`. */
type Refuse = (problem: string) => never;

/**
 * Parses one line of `hosts`. The name is the normalized URL: lower case, without defaults.
 * @throws ConfigurationError that shows the line without a password
 */
export function parseHostAddress(line: string): HostAddress {
  const text = line.trim();
  const shown = withoutPassword(text);
  const refuse: Refuse = (problem) => {
    throw new ConfigurationError(`hosts: "${shown}" ${problem}`);
  };
  const {
    scheme: schemeText,
    credentials,
    host = '',
    port: portText,
    rest = '',
  } = URL_PARTS.exec(text)?.groups ?? {};
  if (schemeText === undefined) {
    return refuse(`is not a URL. Write ${text.startsWith('/') ? `unix://${text}` : sshUrlFor(shown)}.`);
  }
  const scheme = schemeText.toLowerCase();
  if (scheme === 'unix') return parseUnix(text.slice('unix://'.length), refuse);
  if (scheme !== 'ssh' && scheme !== 'tcp') {
    const hint = scheme.startsWith('http') ? ' An engine over TCP with TLS is tcp://host:2376.' : '';
    return refuse(`has the unknown scheme ${scheme}://. Write ssh://, tcp:// or unix://.${hint}`);
  }
  if (isIPv6(`${host}${portText ?? ''}`)) {
    const user = credentials === undefined || credentials.includes(':') ? '' : `${credentials}@`;
    return refuse(
      `has an IPv6 address that is not between brackets. Write ${scheme}://${user}[${host}${portText ?? ''}].`,
    );
  }
  const hostname = parseHostname(host, refuse);
  const port = parsePort(portText, refuse);
  const bracketed = hostname.includes(':') ? `[${hostname}]` : hostname;
  if (credentials?.includes(':')) {
    return refuse(
      `has a password, which Sealift does not use. Log in with a key ("${inputRef('ssh-key')}") or a certificate ("${inputRef('tls-cert')}", "${inputRef('tls-key')}").`,
    );
  }
  if (scheme === 'tcp') {
    if (credentials !== undefined) return refuse('has a user, but an engine over TCP has none. Remove it.');
    if (rest !== '' && rest !== '/') return refuse('has a path. Write only tcp://host:port.');
    return {
      kind: 'tcp',
      name: hostName(`tcp://${bracketed}:${port ?? 2376}`),
      hostname,
      port: port ?? 2376,
    };
  }
  if (rest !== '' && rest !== '/') {
    return refuse(
      'has a path. Write only ssh://user@host:port. Sealift uses /var/run/docker.sock, or the socket that the docker command of the user finds.',
    );
  }
  const user = parseUser(credentials, refuse);
  const userPart = user === undefined ? '' : `${user}@`;
  const portPart = port === undefined || port === 22 ? '' : `:${port}`;
  return { kind: 'ssh', name: hostName(`ssh://${userPart}${bracketed}${portPart}`), user, hostname, port };
}

/** What a line without a scheme was meant to be: `web1`, `deploy@web1:2222`, `fd00::b`. */
function sshUrlFor(text: string): string {
  const at = text.lastIndexOf('@');
  const [user, host] = at < 0 ? ['user', text] : [text.slice(0, at), text.slice(at + 1)];
  return `ssh://${user}@${isIPv6(host) ? `[${host}]` : host}`;
}

function parseUnix(path: string, refuse: Refuse): HostAddress {
  if (!path.startsWith('/'))
    return refuse('has no absolute path. Write three slashes: unix:///var/run/docker.sock.');
  // The kernel's sun_path has 108 bytes, the last one zero.
  if (Buffer.byteLength(path) > 107)
    return refuse('has a path of more than 107 bytes, which is too long for a socket. Use a shorter one.');
  if (plainText(path) !== path || /\p{Cc}/u.test(path))
    return refuse('has a path with invisible characters. Write it again by hand.');
  const normalized = path.replaceAll(/\/{2,}/g, '/');
  return { kind: 'unix', name: hostName(`unix://${normalized}`), path: normalized };
}

function parseHostname(host: string, refuse: Refuse): string {
  if (host.startsWith('[')) {
    const address = host.slice(1, -1).toLowerCase();
    return isIPv6(address)
      ? shortest(address)
      : refuse('has no valid IPv6 address between its brackets. Write [2001:db8::1], for example.');
  }
  if (host === '') return refuse('names no host. Write ssh://user@host.');
  return HOSTNAME.test(host)
    ? host.toLowerCase()
    : refuse('names no valid host. Write an IPv6 address between brackets.');
}

/** The form in which ssh writes an IPv6 address, too: one address has one name. */
function shortest(address: string): string {
  const [plain = '', zone] = address.split('%');
  const short = new SocketAddress({ address: plain, family: 'ipv6' }).address;
  return zone === undefined ? short : `${short}%${zone}`;
}

function parsePort(text: string | undefined, refuse: Refuse): number | undefined {
  if (text === undefined) return undefined;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port >= 1 && port <= 65_535) return port;
  return refuse('has no valid port. Write a number from 1 to 65535, and an IPv6 address between brackets.');
}

function parseUser(text: string | undefined, refuse: Refuse): string | undefined {
  if (text === undefined) return undefined;
  let user: string;
  try {
    user = decodeURIComponent(text);
  } catch {
    return refuse('has a user with an invalid %-escape. Write %25 for a percent sign.');
  }
  // ssh would read a user that begins with "-" as an option.
  return USER.test(user) ? user : refuse('has no valid user before the "@". Write ssh://user@host.');
}

/** Hides a password. The colon after the scheme does not begin one. */
function withoutPassword(text: string): string {
  return text.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, '$<before>:***@');
}
