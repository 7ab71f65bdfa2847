import { randomUUID } from 'node:crypto';
import {
  type AddressRange,
  freeSubnets,
  parseRange,
  rangeText,
  SUBNET_PREFIX,
} from '../model/address-range.ts';
import { HostError } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { inputRef } from '../model/input-ref.ts';
import { asObject } from '../model/json.ts';
import type { NetworkSummary, ObjectSpec } from './engine.ts';

/**
 * By itself an engine gives each network a whole pool: 65,534 addresses, so that about thirty networks use up its default pools.
 * Sealift takes one pool of the engine and divides it: 256 networks of 253 containers. The engine chose that pool, so it is one
 * that `default-address-pools` allows and that no route of the server uses. The networks remember it in this label.
 */
export const POOL_LABEL = 'sealift.pool';

/** The calls of an engine that are needed, and what is known of the host. */
export interface NetworkCalls {
  readonly host: HostName;
  /** Where subnets are taken from, instead of a pool of the engine; `undefined`: a pool of the engine. */
  readonly range: AddressRange | undefined;
  /** The time of the host in milliseconds. */
  now(): number;
  list(): Promise<readonly NetworkSummary[]>;
  /** Creates a network as it is specified; resolves with its id. */
  create(spec: ObjectSpec): Promise<string>;
  remove(id: string): Promise<void>;
}

/**
 * Creates a network. One that says nothing of its addresses gets a subnet that is free.
 * @throws HostError if no addresses are left, with what to change
 */
export async function createNetwork(calls: NetworkCalls, spec: ObjectSpec): Promise<void> {
  if (!needsSubnet(spec)) {
    await createAsSpecified(calls, spec);
    return;
  }
  const refused = new Set<string>();
  for (;;) {
    const networks = await calls.list();
    const pools = calls.range === undefined ? poolsOf(networks) : [calls.range];
    const [free] = freeIn(pools, networks, refused);
    if (free === undefined && calls.range !== undefined) throw fullRangeError(calls.host, calls.range);
    if (free !== undefined) {
      const subnet = rangeText(free.subnet);
      if (await createInSubnet(calls, spec, subnet, rangeText(free.pool))) return;
      refused.add(subnet);
      continue;
    }
    const pool = await claimPool(calls, spec);
    if (pool === undefined) return;
    const subnet = rangeText({ ...pool, prefix: Math.max(pool.prefix, SUBNET_PREFIX) });
    if (await createInSubnet(calls, spec, subnet, rangeText(pool))) return;
  }
}

/** Begins the names of networks that are created only to see whether they can be; the time follows, in milliseconds. */
const ADDRESS_CHECK = 'sealift-address-check-';
/** Milliseconds after which the run that made such a network was killed: another app's run may be at it just now. */
const LEFT_AFTER = 10 * 60_000;

function isLeftCheck({ name }: NetworkSummary, now: number): boolean {
  if (!name.startsWith(ADDRESS_CHECK)) return false;
  const [time = ''] = name.slice(ADDRESS_CHECK.length).split('-');
  return !/^\d{13}$/.test(time) || Number(time) < now - LEFT_AFTER;
}

/**
 * Checks that so many networks can be created. Where no pool of the host is divided yet, only the engine knows whether it has one
 * left: it is asked by creating networks that are removed at once.
 * @throws HostError if no addresses are left, with what to change
 */
export async function checkAddresses(calls: NetworkCalls, count: number): Promise<void> {
  if (count === 0) return;
  const networks = await calls.list();
  const now = calls.now();
  for (const network of networks) if (isLeftCheck(network, now)) await calls.remove(network.id);
  const pools = calls.range === undefined ? poolsOf(networks) : [calls.range];
  let left = freeIn(pools, networks).length;
  if (left < count && calls.range !== undefined) throw fullRangeError(calls.host, calls.range);
  const created: string[] = [];
  try {
    while (left < count) {
      const id = await createAsSpecified(calls, {
        Name: `${ADDRESS_CHECK}${Math.round(now)}-${randomUUID()}`,
        Driver: 'bridge',
      });
      created.push(id);
      const { prefix = SUBNET_PREFIX } = (await poolOf(calls, id)) ?? {};
      left += 2 ** Math.max(0, SUBNET_PREFIX - prefix);
    }
  } finally {
    for (const id of created) await calls.remove(id);
  }
}

function needsSubnet(spec: ObjectSpec): boolean {
  const { Driver: driver = 'bridge', IPAM: addresses, EnableIPv6: ipv6, EnableIPv4: ipv4 } = spec;
  return driver === 'bridge' && addresses === undefined && ipv6 !== true && ipv4 !== false;
}

const poolsOf = (networks: readonly NetworkSummary[]): readonly AddressRange[] =>
  [...new Set(networks.flatMap(({ labels }) => labels[POOL_LABEL] ?? []))].flatMap(
    (text) => parseRange(text) ?? [],
  );

function freeIn(
  pools: readonly AddressRange[],
  networks: readonly NetworkSummary[],
  refused: ReadonlySet<string> = new Set(),
): readonly { readonly pool: AddressRange; readonly subnet: AddressRange }[] {
  const taken = networks.flatMap(({ subnets }) => subnets.flatMap((text) => parseRange(text) ?? []));
  return pools.flatMap((pool) =>
    [...freeSubnets(pool, taken)]
      .filter((subnet) => !refused.has(rangeText(subnet)))
      .map((subnet) => ({ pool, subnet })),
  );
}

/** @returns `false` if something else uses addresses of the subnet, as another run may since it was chosen */
async function createInSubnet(
  calls: NetworkCalls,
  spec: ObjectSpec,
  subnet: string,
  pool: string,
): Promise<boolean> {
  const labels = { ...asObject(spec['Labels']), [POOL_LABEL]: pool };
  try {
    await calls.create({ ...spec, Labels: labels, IPAM: { Config: [{ Subnet: subnet }] } });
    return true;
  } catch (error) {
    // libnetwork/ipamapi: ErrPoolOverlap.
    if (error instanceof HostError && /pool overlaps/i.test(error.message)) return false;
    throw error;
  }
}

/**
 * Lets the engine choose a pool, by creating the network in it. The network is removed again: in a subnet that the engine chose, no
 * container can have an address of its own choice.
 * @returns the pool, for subnets of it; `undefined` if the network has no IPv4 addresses and stays
 */
async function claimPool(calls: NetworkCalls, spec: ObjectSpec): Promise<AddressRange | undefined> {
  const id = await createAsSpecified(calls, spec);
  const pool = await poolOf(calls, id);
  if (pool !== undefined) await calls.remove(id);
  return pool;
}

/** Where the engine took the addresses of a network from; `undefined` if it has no IPv4 addresses, or was removed. */
async function poolOf(calls: NetworkCalls, id: string): Promise<AddressRange | undefined> {
  const network = (await calls.list()).find((each) => each.id === id);
  return network?.subnets.map(parseRange).find((range) => range !== undefined);
}

async function createAsSpecified(calls: NetworkCalls, spec: ObjectSpec): Promise<string> {
  try {
    return await calls.create(spec);
  } catch (error) {
    // Since Docker 25; and before.
    const isExhausted = /fully subnetted|could not find an available, non-overlapping/i;
    if (!(error instanceof HostError && isExhausted.test(error.message))) throw error;
    throw new HostError(
      calls.host,
      'no addresses are left for another network: the networks on it use all address pools of the engine. Remove those that nothing uses (docker network prune), ' +
        `add pools to "default-address-pools" in /etc/docker/daemon.json, or set ${inputRef('network-range')} to addresses that nothing else uses, such as 10.201.0.0/16.`,
      { evidence: [error.message], cause: error },
    );
  }
}

const fullRangeError = (host: HostName, range: AddressRange): HostError =>
  new HostError(
    host,
    `${inputRef('network-range')}: no addresses are left in ${rangeText(range)} for another network. Set a larger range, or remove networks that nothing uses (docker network prune).`,
  );
