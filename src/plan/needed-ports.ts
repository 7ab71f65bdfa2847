import type { ObservedHost } from '../model/host.ts';
import type { ServiceName } from '../model/identifiers.ts';
import { asList, asObject, asText } from '../model/json.ts';
import type { Release, ReleaseOutline } from '../model/release.ts';
import type { PublishedPort } from '../model/route.ts';
import { hasDomains } from './host-queries.ts';

/** What is known of a release before its images are. */
export type DeployOutline = ReleaseOutline & Pick<Release, 'compose'>;

/** A port of the host that the release needs. */
export interface NeededPort extends PublishedPort {
  readonly protocol: string;
  /** Of what it is, if the edge and the front do not publish it. */
  readonly service?: ServiceName;
}

/** `80`, `53/udp` */
export const portText = ({ port, protocol }: Pick<NeededPort, 'port' | 'protocol'>): string =>
  protocol === 'tcp' ? `${port}` : `${port}/${protocol}`;

/** All of them, but those of accessories that run: they are left alone. Pure. */
export function neededPorts(
  host: Pick<ObservedHost, 'frontRunning' | 'accessories'>,
  release: DeployOutline,
): readonly NeededPort[] {
  const { routes, compose, base } = release;
  const front = hasDomains(release) && !host.frontRunning ? [80, 443] : [];
  const running = host.accessories.filter(({ state }) => state === 'running').map(({ service }) => service);
  const starting = Object.entries(base.services).filter(([name]) => !running.includes(name));
  return [
    ...routes.flatMap(({ published }) => published.map((port) => ({ ...port, protocol: 'tcp' }))),
    ...front.map((port) => ({ address: undefined, port, protocol: 'tcp' })),
    ...[...Object.entries(compose.services), ...starting].flatMap(([service, { ports }]) =>
      asList(ports)
        .map(asObject)
        .map((each) => ({
          port: Number(each['published']),
          address: asText(each['host_ip']),
          protocol: asText(each['protocol']) ?? 'tcp',
          service,
        }))
        .filter(({ port }) => Number.isSafeInteger(port) && port > 0),
    ),
  ];
}
