import type { ComposeObject, ComposeService } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asObject, escapeDollars, mapValues, unescapeDollars, wordsOf } from '../../model/json.ts';

/** Labels by which Traefik finds a service (doc.traefik.io/traefik, providers/docker). Pure. */

/** Whether Traefik would find a service. */
export function hasTraefikLabels(service: ComposeService): boolean {
  const labels = traefikLabels(service);
  const { 'traefik.enable': enable = '' } = labels;
  return Object.keys(labels).length > 0 && enable.toLowerCase() !== 'false';
}

/** The port that Traefik sends requests of a service to, and the labels of a container that takes its place. */
export interface TraefikBackend {
  readonly port: number;
  /** @param port on which that container listens */
  labels(port: number): Readonly<Record<string, string>>;
}

/**
 * The backend that labels describe. In the labels of the container that takes its place, everything is said that Traefik would
 * else derive from the container.
 *
 * @param exposedPort the port of a service whose labels name none
 * @returns why it can't be switched
 */
export function traefikBackendOf(
  name: ServiceName,
  service: ComposeService,
  exposedPort: (service: ComposeService) => number | undefined,
): TraefikBackend | string {
  const labels = traefikLabels(service);
  const keys = Object.keys(labels);
  if (keys.some((key) => /^traefik\.(tcp|udp)\./i.test(key))) return 'they are for TCP or UDP';
  const routers = namesIn(keys, /^traefik\.http\.routers\.([^.]+)\./i);
  if (routers.length === 0) return 'they name no router (traefik.http.routers.…)';
  const services = namesIn(keys, /^traefik\.http\.services\.([^.]+)\./i);
  if (services.length > 1) return 'they name several services';
  const server = (field: string): string | undefined =>
    labels[keys.find((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() === field) ?? ''];
  const scheme = server('scheme');
  if (server('url') !== undefined || (scheme !== undefined && scheme !== 'http'))
    return 'they name a URL or another scheme than http';
  const port = Number(server('port') ?? exposedPort(service));
  if (!Number.isSafeInteger(port))
    return 'nothing says its port (traefik.http.services.….loadbalancer.server.port, or expose)';
  const [target = name] = services;
  const kept = keys.filter((key) => SERVER_FIELD.exec(key)?.[1]?.toLowerCase() !== 'port');
  return {
    port,
    labels: (listens) => ({
      // Traefik names the only service of a container by itself, after the project.
      ...Object.fromEntries(routers.map((router) => [`traefik.http.routers.${router}.service`, target])),
      ...Object.fromEntries(kept.map((key) => [key, labels[key] ?? ''])),
      [`traefik.http.services.${target}.loadbalancer.server.port`]: String(listens),
    }),
  };
}

const SERVER_FIELD = /^traefik\.http\.services\.[^.]+\.loadbalancer\.server\.(\w+)$/i;

const namesIn = (keys: readonly string[], pattern: RegExp): readonly string[] => [
  ...new Set(keys.flatMap((key) => pattern.exec(key)?.[1] ?? [])),
];

function traefikLabels(service: ComposeService): Readonly<Record<string, string>> {
  const all = Object.entries(asObject(service['labels'])).filter(([key]) => isTraefikLabel(key));
  return Object.fromEntries(all.map(([key, value]) => [key, unescapeDollars(wordsOf(value ?? ''))]));
}

const isTraefikLabel = (key: string): boolean => /^traefik\./i.test(key);

/** A service that Traefik does not find, because the edge takes its place. */
export function withoutTraefikLabels(service: ComposeService): ComposeObject {
  const others = Object.entries(asObject(service['labels'])).filter(([key]) => !isTraefikLabel(key));
  return { ...service, labels: { ...Object.fromEntries(others), 'traefik.enable': 'false' } };
}

/**
 * A service that Traefik finds itself, with what it would else derive from the container: the name of the service, which contains the
 * Compose project and so would be another one with each release, and the network, since a container is on that of its slot, too.
 *
 * @param network of the service, `undefined` if it has several
 */
export function withCompleteTraefikLabels(
  name: ServiceName,
  service: ComposeService,
  network: string | undefined,
  exposedPort: (service: ComposeService) => number | undefined,
): ComposeService {
  if (!hasTraefikLabels(service)) return service;
  const own = asObject(service['labels']);
  const backend = traefikBackendOf(name, service, exposedPort);
  const said = typeof backend === 'string' ? {} : mapValues(backend.labels(backend.port), escapeDollars);
  const where = network === undefined ? {} : { 'traefik.docker.network': escapeDollars(network) };
  return { ...service, labels: { ...where, ...said, ...own } };
}
