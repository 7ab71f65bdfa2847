import { upstreamKey, upstreamNetwork } from '../model/app-environment.ts';
import type { ObservedHost } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asList, asObject, asText } from '../model/json.ts';
import { isProxyByName } from '../model/proxy-names.ts';
import type { Release } from '../model/release.ts';

/** Proxies that the Compose file brings: accessories in front of the release. All functions are pure. */

/** A proxy that the release does not need starts when there is something behind it. */
export const startsAsProxy = (release: Release, name: ServiceName): boolean =>
  proxyNetworks(release, name).length > 0 && !release.conditions.some(({ service }) => service === name);

/** The accessories that reach the release through the edge: proxies of the Compose file. */
export const proxiesOf = (release: Release): readonly ServiceName[] =>
  Object.keys(release.base.services).filter((name) => proxyNetworks(release, name).length > 0);

/**
 * The proxies without which a part of the visitors reaches nobody: those by name, and those that lead to what has neither a port nor
 * a domain of its own. The others may be an admin page that asks the app for something.
 */
export const neededProxiesOf = (release: Release): readonly ServiceName[] =>
  proxiesOf(release).filter((name) => {
    const image = asText(asObject(release.base.services[name])['image']) ?? '';
    const networks = proxyNetworks(release, name);
    return (
      isProxyByName(name, image) ||
      release.routes.some(
        ({ upstream, published, domains }) =>
          upstream !== undefined &&
          published.length + domains.length === 0 &&
          networks.includes(upstreamNetwork(release, upstream)),
      )
    );
  });

/** The needed proxies of the live release that the file of another one still has, and that lead to nothing of it. */
export const misledProxies = (live: Release, release: Release): readonly ServiceName[] =>
  neededProxiesOf(live).filter(
    (name) => Object.hasOwn(release.base.services, name) && !proxiesOf(release).includes(name),
  );

/** The networks on which a proxy of the Compose file reaches the edge; none for other accessories. */
function proxyNetworks({ app, environment, base, routes }: Release, name: ServiceName): readonly string[] {
  const own = Object.keys(asObject(asObject(base.services[name])['networks']));
  const upstreams = routes.flatMap(({ upstream }) => upstream ?? []);
  const names = upstreams
    .filter((upstream) => own.includes(upstreamKey(upstream)))
    .map((upstream) => upstreamNetwork({ app, environment }, upstream));
  return [...new Set(names)].sort();
}

/** What proxies of the live release send requests to (`web:3000`), and the new one does not have. */
export const lostProxiedPorts = (live: RoutesOf, release: RoutesOf): readonly string[] =>
  proxiedPortsOf(live).filter((port) => !proxiedPortsOf(release).includes(port));

type RoutesOf = Pick<Release, 'routes'>;

const proxiedPortsOf = ({ routes }: RoutesOf): readonly string[] =>
  routes.flatMap(({ service, upstream }) => (upstream === undefined ? [] : [`${service}:${upstream.port}`]));

/** Proxies that run on other upstream networks than a release says. Pure. */
export function proxiesToConnect(host: ObservedHost, release: Release): readonly ServiceName[] {
  const prefix = upstreamNetwork(release, { network: 'upstream' });
  return Object.keys(release.base.services).filter((name) => {
    const running = host.accessories.filter(({ service, state }) => service === name && state === 'running');
    const wanted = proxyNetworks(release, name).join();
    return running.some(
      ({ networks }) =>
        networks !== undefined &&
        networks
          .filter((each) => each.startsWith(prefix))
          .sort()
          .join() !== wanted,
    );
  });
}

/**
 * Whether a proxy can run beside the one that it replaces, without its ports: nothing that it writes is written by the other, and
 * its address is not fixed.
 */
export function canRunTwice({ base }: Release, name: ServiceName): boolean {
  const service = asObject(base.services[name]);
  const hasFixedAddress = Object.values(asObject(service['networks'])).some((network) =>
    ['ipv4_address', 'ipv6_address'].some((key) => asText(asObject(network)[key]) !== undefined),
  );
  if (asText(service['network_mode']) !== undefined || hasFixedAddress) return false;
  return (
    SHARES_ITS_FILES.test(asText(service['image']) ?? '') || !asList(service['volumes']).some(isWritable)
  );
}

/** Images of proxies that write nothing into volumes that a second process would harm. Caddy locks its certificates. */
const SHARES_ITS_FILES = /(^|\/)(nginx|nginx-unprivileged|openresty|angie|caddy|haproxy|httpd|envoy)(:|@|$)/;

function isWritable(mount: unknown): boolean {
  const { type, source, read_only: isReadOnly } = asObject(mount);
  return type !== 'tmpfs' && isReadOnly !== true && !/\.sock$/.test(asText(source) ?? '');
}
