import { POOL_LABEL } from '../engine/create-network.ts';
import type { EndpointSettings, Engine, Labels } from '../engine/engine.ts';
import { lastAddress, parseRange } from '../model/address-range.ts';
import { type AppEnvironment, labelsOf, upstreamNetwork } from '../model/app-environment.ts';
import type { Route, Upstream } from '../model/route.ts';
import { labelFilters } from './networks.ts';

/** How proxies of the Compose file reach the edge: on networks of their own, on which it has the names of services. */

/** The address of the edge by the name of an upstream's network (`upstream`). */
export type UpstreamAddresses = ReadonlyMap<string, string>;

type WithUpstreams = AppEnvironment & { readonly routes: readonly Pick<Route, 'upstream'>[] };

const upstreamsOf = ({ routes }: Pick<WithUpstreams, 'routes'>): readonly Upstream[] =>
  routes.flatMap(({ upstream }) => upstream ?? []);

/**
 * The edge's addresses stay when it is replaced: nginx keeps those that it found when it started. A network whose subnet the engine
 * chose can't have fixed addresses.
 */
export async function upstreamAddresses(engine: Engine, spec: WithUpstreams): Promise<UpstreamAddresses> {
  const upstreams = upstreamsOf(spec);
  if (upstreams.length === 0) return new Map();
  const networks = await engine.listNetworks(labelFilters(labelsOf(spec)));
  return new Map(
    upstreams.flatMap((upstream) => {
      const network = networks.find(({ name }) => name === upstreamNetwork(spec, upstream));
      if (network?.labels[POOL_LABEL] === undefined) return [];
      const subnet = network.subnets.map(parseRange).find((range) => range !== undefined);
      return subnet === undefined ? [] : [[upstream.network, lastAddress(subnet)] as const];
    }),
  );
}

/** How the edge is connected to its upstreams' networks. Pure. */
export function upstreamEndpoints(
  spec: WithUpstreams,
  addresses: UpstreamAddresses,
): Readonly<Record<string, EndpointSettings>> {
  const byNetwork = Map.groupBy(upstreamsOf(spec), ({ network }) => network);
  return Object.fromEntries(
    [...byNetwork].map(([network, upstreams]) => {
      const address = addresses.get(network);
      return [
        upstreamNetwork(spec, { network }),
        {
          Aliases: [...new Set(upstreams.flatMap(({ names }) => names))],
          ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }),
        },
      ];
    }),
  );
}

/** The labels by which Traefik finds the edge. Pure. */
export function upstreamLabels(spec: WithUpstreams): Labels {
  const found = upstreamsOf(spec).filter(({ labels }) => labels !== undefined);
  const [first] = found;
  if (first === undefined) return {};
  return {
    ...Object.assign({}, ...found.map(({ labels }) => labels)),
    'traefik.enable': 'true',
    'traefik.docker.network': upstreamNetwork(spec, first),
  };
}

/** Names of services, each with the address at which the edge takes their place. Pure. */
export function upstreamHosts(
  upstreams: readonly Upstream[],
  addresses: UpstreamAddresses,
): readonly string[] {
  return upstreams.flatMap(({ network, names }) => {
    const address = addresses.get(network);
    return address === undefined ? [] : names.map((name) => `${name}=${address}`);
  });
}
