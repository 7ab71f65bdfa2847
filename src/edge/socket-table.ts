import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IP address as /proc/net/tcp and /proc/net/tcp6 write it: words of 32 bits in the byte order of the machine, which is
 * little-endian wherever Docker's own packages run (net/ipv4/tcp_ipv4.c, get_tcp4_sock; net/ipv6/tcp_ipv6.c, get_tcp6_sock).
 *
 * @returns `undefined` for what is no address
 */
export function socketTableAddress(address: string): string | undefined {
  const bytes = isIPv4(address)
    ? address.split('.').map(Number)
    : isIPv6(address)
      ? ipv6Bytes(address)
      : undefined;
  if (bytes === undefined) return undefined;
  const words = Array.from({ length: bytes.length / 4 }, (_, word) => bytes.slice(word * 4, word * 4 + 4));
  return words.map((word) => Buffer.from(word.toReversed()).toString('hex').toUpperCase()).join('');
}

/** As engines print them: groups of hex digits, one run of zeros possibly left out. */
function ipv6Bytes(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const groups = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<number>(missing).fill(0), ...last].flatMap((group) => [group >> 8, group & 255]);
}
