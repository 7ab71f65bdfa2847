import { BlockList, isIP } from 'node:net';

/**
 * The proxy through which the runner reaches a URL, from the variables that GitHub's runner, curl and docker read:
 * `https_proxy`, `http_proxy` and `no_proxy`, in lower or upper case. This machine itself is never reached by a proxy.
 *
 * @returns `undefined`: without a proxy
 */
export function proxyFor(
  url: URL,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): URL | undefined {
  const read = (name: string): string => (environment[name] || environment[name.toUpperCase()] || '').trim();
  const proxy = read(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (proxy === '' || isThisMachine(hostOfUrl(url)) || isExempt(url, read('no_proxy'))) return undefined;
  const parsed = URL.parse(proxy.includes('://') ? proxy : `http://${proxy}`);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : undefined;
}

/** Without the brackets of an IPv6 address. */
export const hostOfUrl = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Whether a host, without brackets, is this machine by its name or address. */
export function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(?:\.\d+){3}$/.test(host)
  );
}

/** Whether `no_proxy` names a URL: `*`, a host with all below it, `.example.com`, an address, a range; perhaps with a port. */
function isExempt(url: URL, noProxy: string): boolean {
  const host = hostOfUrl(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return noProxy
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase())
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return isInRange(host, entry);
      const withPort = /^(?<name>[^:]+|\[.*\]):(?<port>\d+)$/.exec(entry)?.groups;
      if (withPort !== undefined && withPort['port'] !== port) return false;
      const name = (withPort?.['name'] ?? entry).replace(/^\[(.*)\]$/, '$1').replace(/^\*(?=\.)/, '');
      if (name === '') return false;
      return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
    });
}

function isInRange(host: string, range: string): boolean {
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const [network = '', bits = ''] = range.split('/');
  if (isIP(host) === 0 || isIP(network) !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const ranges = new BlockList();
  ranges.addSubnet(network, Number(bits), family);
  return ranges.check(host, family);
}

/** A proxy as errors name it: its URL may contain a password. */
export const proxyName = ({ host }: URL): string => host;

/** The header with which a proxy is told the user name and password of its URL. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
