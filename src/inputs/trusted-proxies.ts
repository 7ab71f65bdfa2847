import { isIP, isIPv6 } from 'node:net';
import { ConfigurationError } from '../model/errors.ts';
import { inputRef } from '../model/input-ref.ts';
import type { TrustedProxies } from '../model/route.ts';
import type { Inputs } from './reader.ts';

/** Words that stand for ranges of addresses. */
const KNOWN_RANGES: ReadonlyMap<string, readonly string[]> = new Map([
  // RFC 1918, RFC 4193 and loopback: what Caddy calls so.
  ['private_ranges', ['192.168.0.0/16', '172.16.0.0/12', '10.0.0.0/8', '127.0.0.0/8', 'fd00::/8', '::1/128']],
  // www.cloudflare.com/ips. The module for it is not in Caddy's official image.
  [
    'cloudflare',
    [
      ...['173.245.48.0/20', '103.21.244.0/22', '103.22.200.0/22', '103.31.4.0/22', '141.101.64.0/18'],
      ...['108.162.192.0/18', '190.93.240.0/20', '188.114.96.0/20', '197.234.240.0/22', '198.41.128.0/17'],
      ...['162.158.0.0/15', '104.16.0.0/13', '104.24.0.0/14', '172.64.0.0/13', '131.0.72.0/22'],
      ...['2400:cb00::/32', '2606:4700::/32', '2803:f800::/32', '2405:b500::/32', '2405:8100::/32'],
      ...['2a06:98c0::/29', '2c0f:f248::/32'],
    ],
  ],
]);

/** The proxies in front of the edge; `undefined`: visitors reach it themselves. */
export function readTrustedProxies(inputs: Inputs): TrustedProxies | undefined {
  const words = inputs.lines('trusted-proxies').flatMap((line) => line.split(/[\s,]+/));
  const ranges = words.filter((word) => word !== '').flatMap(rangesOf);
  const proxyProtocol = inputs.flag('proxy-protocol');
  if (ranges.length > 0) return { ranges: [...new Set(ranges)], proxyProtocol };
  if (!proxyProtocol) return undefined;
  throw new ConfigurationError(
    `proxy-protocol: it has no effect without "${inputRef('trusted-proxies')}". Set "${inputRef('trusted-proxies')}" to the addresses of the proxies that speak it.`,
  );
}

function rangesOf(text: string): readonly string[] {
  const known = KNOWN_RANGES.get(text.toLowerCase());
  if (known !== undefined) return known;
  const [address = '', bits, ...more] = text.split('/');
  const longest = isIPv6(address) ? 128 : 32;
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (isIP(address) === 0 || address.includes('%') || more.length > 0 || length < 0 || length > longest) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is neither an address, a range of addresses, private_ranges nor cloudflare. Write 203.0.113.7, 203.0.113.0/24 or one of these words.`,
    );
  }
  if (length === 0) {
    throw new ConfigurationError(
      `trusted-proxies: "${text}" is every address, so each visitor could choose the address that the app sees. List the addresses of your proxies.`,
    );
  }
  return [`${address}/${length}`];
}
