import { isIPv6 } from 'node:net';
import { ConfigurationError } from './errors.ts';

/** How a host is called in plans, logs and errors: the user's URL without a password. */
export type HostName = string;

/** One host of the fleet as the user named it. */
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
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@+\\-]*\$?$/;

/**
 * Reads one line of `hosts`. The name is the URL in its normal form: lower case, without what is the default.
 * @throws ConfigurationError naming the input and the line; a password in it is not repeated
 */
export function parseHostAddress(line: string): HostAddress {
  const text = line.trim();
  const parts = URL_PARTS.exec(text)?.groups;
  const scheme = parts?.['scheme']?.toLowerCase();
  const fail = (why: string): never => {
    throw new ConfigurationError(`hosts: "${withoutPassword(text)}" ${why}`);
  };
  if (parts === undefined || scheme === undefined) {
    return fail(
      text.startsWith('/')
        ? `is no URL. Write unix://${text}.`
        : `is no URL. Write ssh://${text.includes('@') ? '' : 'user@'}${withoutPassword(text)}.`,
    );
  }
  if (scheme === 'unix') return parseUnix(text.slice('unix://'.length), fail);
  if (scheme !== 'ssh' && scheme !== 'tcp') {
    const advice =
      scheme === 'http' || scheme === 'https' ? ' An engine over TCP with TLS is tcp://host:2376.' : '';
    return fail(`has the scheme ${scheme}://, which is not one of ssh://, tcp:// and unix://.${advice}`);
  }
  const hostname = parseHostname(parts['host'] ?? '', fail);
  const port = parsePort(parts['port'], fail);
  const rest = parts['rest'] ?? '';
  const shown = hostname.includes(':') ? `[${hostname}]` : hostname;
  if (parts['credentials']?.includes(':')) {
    return fail(
      'has a password. Passwords are not used: log in with a key (ssh-key) or a certificate (tls-cert, tls-key).',
    );
  }
  if (scheme === 'tcp') {
    if (parts['credentials'] !== undefined)
      return fail('has a user, and an engine over TCP knows none. Take it out.');
    if (rest !== '' && rest !== '/') return fail('has a path. Write only tcp://host:port.');
    return { kind: 'tcp', name: `tcp://${shown}:${port ?? 2376}`, hostname, port: port ?? 2376 };
  }
  if (rest !== '' && rest !== '/') {
    return fail(
      `has a path. Write only ssh://user@host:port; the engine is asked at /var/run/docker.sock, or wherever the docker command of that user finds it.`,
    );
  }
  const user = parseUser(parts['credentials'], fail);
  const at = user === undefined ? '' : `${user}@`;
  const ported = port === undefined || port === 22 ? '' : `:${port}`;
  return { kind: 'ssh', name: `ssh://${at}${shown}${ported}`, user, hostname, port };
}

type Fail = (why: string) => never;

function parseUnix(path: string, fail: Fail): HostAddress {
  if (!path.startsWith('/'))
    return fail('has no absolute path. Write unix:///var/run/docker.sock, with three slashes.');
  // The kernel's sun_path has 108 bytes, the last one zero.
  if (Buffer.byteLength(path) > 107)
    return fail('has a path of more than 107 bytes, which no socket can have.');
  const normal = path.replaceAll(/\/{2,}/g, '/');
  return { kind: 'unix', name: `unix://${normal}`, path: normal };
}

function parseHostname(host: string, fail: Fail): string {
  if (host.startsWith('[')) {
    const address = host.slice(1, -1).toLowerCase();
    return isIPv6(address) ? address : fail('has no valid IPv6 address between its brackets.');
  }
  if (host === '') return fail('names no host.');
  return HOSTNAME.test(host)
    ? host.toLowerCase()
    : fail('names no valid host. An IPv6 address goes between brackets.');
}

function parsePort(text: string | undefined, fail: Fail): number | undefined {
  if (text === undefined) return undefined;
  const port = /^:\d{1,5}$/.test(text) ? Number(text.slice(1)) : 0;
  if (port >= 1 && port <= 65_535) return port;
  return fail('has no valid port: a number from 1 to 65535. An IPv6 address goes between brackets.');
}

function parseUser(text: string | undefined, fail: Fail): string | undefined {
  if (text === undefined) return undefined;
  let user: string;
  try {
    user = decodeURIComponent(text);
  } catch {
    return fail('has a user with a broken %-escape.');
  }
  // A leading "-" would be read as an option by ssh.
  return USER.test(user) ? user : fail('has no valid user before the "@".');
}

/** The colon of the scheme is not the one before a password. */
function withoutPassword(text: string): string {
  return text.replace(/^(?<before>(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@]*):(?!\/\/).*@/is, '$<before>:***@');
}
