import type { ServiceName } from '../model/identifiers.ts';
import { asList, asObject } from '../model/json.ts';
import type { Release } from '../model/release.ts';
import { runningServices } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';

/**
 * Ports of the host that move between the edge and a service that publishes them itself, because they get another protocol. Two
 * can't have a port at the same time, so the one lets go before the other starts: nothing answers there meanwhile. Pure.
 */

interface MovedPort {
  readonly port: number;
  readonly service: ServiceName;
}

const edgePortsOf = ({ routes }: Pick<Release, 'routes'>): readonly number[] =>
  routes.flatMap(({ published }) => published.map(({ port }) => port));

/** The TCP ports of the host that services publish themselves. */
function servicePorts({ compose }: Pick<Release, 'compose'>): readonly MovedPort[] {
  return Object.entries(compose.services).flatMap(([service, { ports }]) =>
    asList(ports)
      .map(asObject)
      .filter((each) => each['protocol'] !== 'udp')
      .map((each) => ({ service, port: Number(each['published']) }))
      .filter(({ port }) => Number.isSafeInteger(port)),
  );
}

/** A port that the edge publishes now, and a service of the new release itself. */
export function portFromEdge({ host, previous, desired }: PlanningContext): MovedPort | undefined {
  if (previous?.record === undefined || host.edge.state !== 'running') return undefined;
  const edgePorts = edgePortsOf(previous.record);
  return servicePorts(desired.release).find(({ port }) => edgePorts.includes(port));
}

/**
 * Ports that services of the old release publish themselves, and the new one by an edge, which does not run yet. One that runs is
 * replaced after those services have stopped anyway.
 */
export function portsToNewEdge({ host, previous, desired }: PlanningContext): readonly MovedPort[] {
  if (previous?.record === undefined || host.edge.state === 'running') return [];
  const edgePorts = edgePortsOf(desired.release);
  const running = runningServices(previous.observed);
  return servicePorts(previous.record).filter(
    ({ service, port }) => running.includes(service) && edgePorts.includes(port),
  );
}
