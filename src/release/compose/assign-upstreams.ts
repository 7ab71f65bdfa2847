import type { ServiceName } from '../../model/identifiers.ts';
import { inputSetting } from '../../model/input-ref.ts';
import type { Upstream } from '../../model/route.ts';
import type { Project } from './classify-services.ts';
import { namesOf, onlyExposedPort } from './proxy-leads.ts';
import { hasTraefikLabels, traefikBackendOf } from './traefik-labels.ts';

/** Each service is on the first network on which no other service has a port of it. */
export function assignUpstreams(
  project: Project,
  ports: ReadonlyMap<ServiceName, ReadonlySet<number>>,
): Map<ServiceName, Map<number, Upstream>> {
  const taken: Set<number>[] = [];
  const upstreams = new Map<ServiceName, Map<number, Upstream>>();
  for (const [service, own] of ports) {
    let index = taken.findIndex((each) => [...own].every((port) => !each.has(port)));
    if (index === -1) index = taken.push(new Set()) - 1;
    for (const port of own) taken[index]?.add(port);
    const network = index === 0 ? FIRST_NETWORK : `${FIRST_NETWORK}-${index + 1}`;
    const names = namesOf(project, service);
    upstreams.set(service, new Map([...own].map((port) => [port, { network, port, names }])));
  }
  return upstreams;
}

const FIRST_NETWORK = 'upstream';

/**
 * Adds the services that Traefik finds by labels. All are on the first network, since a container tells Traefik of one; the labels
 * say on which port the edge listens for each.
 */
export function addTraefikUpstreams(
  project: Project,
  upstreams: Map<ServiceName, Map<number, Upstream>>,
): {
  readonly added: readonly (readonly [ServiceName, number])[];
  notices(traefik: ServiceName): readonly string[];
} {
  const taken = new Set(
    [...upstreams.values()].flatMap((own) =>
      [...own.values()].flatMap(({ network, port }) => (network === FIRST_NETWORK ? [port] : [])),
    ),
  );
  const added: (readonly [ServiceName, number])[] = [];
  const failures: (readonly [ServiceName, string])[] = [];
  for (const service of project.released.keys()) {
    if (!hasTraefikLabels(project.service(service))) continue;
    const found = traefikBackendOf(service, project.service(service), onlyExposedPort);
    if (typeof found === 'string') {
      failures.push([service, found]);
      continue;
    }
    const own = upstreams.get(service) ?? new Map<number, Upstream>();
    const known = own.get(found.port);
    const shared = known?.network === FIRST_NETWORK ? known : undefined;
    let port = found.port;
    while (shared === undefined && taken.has(port)) port += 1;
    taken.add(port);
    const names = shared?.names ?? [];
    own.set(found.port, { network: FIRST_NETWORK, port, names, labels: found.labels(port) });
    upstreams.set(service, own);
    added.push([service, found.port]);
  }
  return {
    added,
    notices: (traefik) => failures.map(([service, why]) => traefikNotice(traefik, service, why)),
  };
}

function traefikNotice(traefik: ServiceName, service: ServiceName, why: string): string {
  return `${traefik} finds ${service} by labels, but ${why}, so its requests are not switched. Change that, or set "${inputSetting('edge', 'none')}".`;
}
