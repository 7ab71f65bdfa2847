import { LOCAL_IDENTITY, type ProbeIdentity } from '../edge/probe-server.ts';
import type { Release } from '../model/release.ts';
import type { Route } from '../model/route.ts';

/**
 * As whom the edge asks a route: as a visitor would, since an app may answer to its own name only, or redirect everything that
 * does not come by HTTPS. `health-host` counts most, then the first domain of the route, then that of the release. Pure.
 */
export function routeIdentity(
  { routes, health }: Pick<Release, 'routes' | 'health'>,
  { domains, protocol, sendProxy }: Pick<Route, 'domains' | 'protocol' | 'sendProxy'>,
): ProbeIdentity {
  const [domain] = [...domains, ...routes.flatMap((route) => route.domains)];
  return {
    host: health.host ?? domain ?? LOCAL_IDENTITY.host,
    scheme: domains.length > 0 ? 'https' : 'http',
    // An app that waits for the PROXY protocol answers nothing else.
    protocol: sendProxy ? 'tcp' : (protocol ?? LOCAL_IDENTITY.protocol),
  };
}
