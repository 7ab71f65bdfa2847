/** Ranges of IPv4 addresses, as `10.201.0.0/16`. */
export interface AddressRange {
  /** The first address, as a number. */
  readonly first: number;
  /** Bits of the network part. */
  readonly prefix: number;
}

/** Of the networks that Sealift creates: 253 containers on each. */
export const SUBNET_PREFIX = 24;

const RANGE = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

const sizeOf = (prefix: number): number => 2 ** (32 - prefix);

/** @returns `undefined` unless it is an IPv4 range that begins where a range of its size can */
export function parseRange(text: string): AddressRange | undefined {
  const [, ...parts] = RANGE.exec(text)?.map(Number) ?? [];
  const prefix = parts[4];
  const bytes = parts.slice(0, 4);
  if (prefix === undefined || prefix > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const first = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return first % sizeOf(prefix) === 0 ? { first, prefix } : undefined;
}

export function rangeText({ first, prefix }: AddressRange): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}

/** The last address that a container can have. */
export function lastAddress({ first, prefix }: AddressRange): string {
  const [address = ''] = rangeText({ first: first + sizeOf(prefix) - 2, prefix: 32 }).split('/');
  return address;
}

/** The subnets of a range that share no address with those that are taken, in order. */
export function* freeSubnets(range: AddressRange, taken: readonly AddressRange[]): Generator<AddressRange> {
  const size = sizeOf(SUBNET_PREFIX);
  const end = range.first + sizeOf(range.prefix);
  for (let first = range.first; first + size <= end; first += size) {
    const subnet = { first, prefix: SUBNET_PREFIX };
    if (!taken.some((other) => shareAddresses(subnet, other))) yield subnet;
  }
}

const shareAddresses = (one: AddressRange, other: AddressRange): boolean =>
  one.first < other.first + sizeOf(other.prefix) && other.first < one.first + sizeOf(one.prefix);
