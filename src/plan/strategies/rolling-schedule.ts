import type { ServiceName } from '../../model/identifiers.ts';
import type { UpdateConfig } from '../../model/release.ts';
import { isStopFirst } from '../host-queries.ts';
import { countReplicas, increasedServices, type ReplicaCounts } from '../replica-counts.ts';

/** A service whose replicas are replaced a few at a time. */
export interface RollingService {
  readonly name: ServiceName;
  /** Replicas of the old and of the new release. */
  readonly oldReplicas: number;
  readonly newReplicas: number;
  readonly update: Pick<UpdateConfig, 'parallelism' | 'order'>;
}

/** How far a rolling deploy is. A count means the first so many replicas of a service. */
export interface RollingState {
  /** New replicas that run. */
  readonly up: ReplicaCounts;
  /** Old replicas that are stopped. */
  readonly stopped: ReplicaCounts;
  /** The part of the requests that goes to the new release. */
  readonly share: number;
}

/**
 * The states of a rolling deploy: from the one before it to the one in which all new replicas run and get all requests.
 * Between two states new replicas start, then requests move, then old replicas stop.
 *
 * All services advance together, by the share of the requests that the new release gets: in no state does a release get
 * more requests than its replicas of every service are enough for. So the requests that a page sends to other services of its
 * own release are answered as before, whatever the batch sizes. With `stop-first` a batch may be missing, but never all
 * replicas. Pure.
 */
export function rollingSchedule(services: readonly RollingService[]): readonly RollingState[] {
  const none = countReplicas(services, () => 0);
  const states: RollingState[] = [{ up: none, stopped: none, share: 0 }];
  for (let last = states[0]; last !== undefined && last.share < 1; last = states.at(-1))
    states.push(...nextStates(services, last));
  return states;
}

/** The states of the next batch of every service that has one. */
function nextStates(services: readonly RollingService[], last: RollingState): readonly RollingState[] {
  const share = Math.min(1, ...services.map((service) => reachableShare(service, last)));
  const up = countReplicas(services, (service) => newReplicasAt(service, share));
  const stopped = countReplicas(services, (service) => stoppedReplicasAt(service, share, last));
  const end: RollingState = { up, stopped, share };
  // The last old replicas of a service stop when the old release gets no requests any more: all others are ready by then.
  const ends = ({ name, oldReplicas }: RollingService): boolean =>
    oldReplicas > 0 && stopped[name] === oldReplicas;
  const stoppedFirst = countReplicas(
    services,
    (service) => (isStopFirst(service) && !ends(service) ? stopped : last.stopped)[service.name] ?? 0,
  );
  const stopsFirst = increasedServices(last.stopped, stoppedFirst).length > 0;
  const before = stopsFirst ? [{ ...last, stopped: stoppedFirst }] : [];
  if (!services.some(ends)) return [...before, end];
  const others = countReplicas(services, (service) => (ends(service) ? last.up : up)[service.name] ?? 0);
  return [...before, { up: others, stopped: stoppedFirst, share }, { up: others, stopped, share }, end];
}

/** Rounds up, but ignores the error of floating point. */
const roundUp = (value: number): number => Math.max(0, Math.ceil(value - 1e-9));

const batchSize = ({ update: { parallelism } }: RollingService): number =>
  parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;

/** The most replicas before or after. A single stop-first replica needs a second one beside it to avoid a gap. */
const maxReplicas = (service: RollingService): number =>
  Math.max(service.oldReplicas, service.newReplicas, isStopFirst(service) ? 2 : 0);

/** The share of the requests that the new release can have when the next batch of a service is up. */
function reachableShare(service: RollingService, { up, stopped }: RollingState): number {
  const { name, oldReplicas, newReplicas } = service;
  if (newReplicas === 0) return 1;
  const running = up[name] ?? 0;
  const most = maxReplicas(service);
  // With start-first a batch may run beside all others. With stop-first the last old replica stops when a new one answers.
  const room = isStopFirst(service)
    ? newReplicas - (running === 0 && oldReplicas > 0 && most === newReplicas ? 1 : 0)
    : most + batchSize(service) - (oldReplicas - (stopped[name] ?? 0));
  return Math.min(running + batchSize(service), room) / newReplicas;
}

/** As many new replicas as their share of the requests needs. */
function newReplicasAt(service: RollingService, share: number): number {
  const needed = roundUp(share * service.newReplicas);
  return isStopFirst(service) && service.oldReplicas > 0 && share < 1
    ? Math.min(needed, maxReplicas(service) - 1)
    : needed;
}

/**
 * As many old replicas stay as the rest of the requests needs, or more if the limit leaves room for them. With `start-first`
 * the last ones run until the release is accepted.
 */
function stoppedReplicasAt(service: RollingService, share: number, { stopped }: RollingState): number {
  const { name, oldReplicas } = service;
  const before = stopped[name] ?? 0;
  if (share === 1 && !isStopFirst(service)) return before;
  const needed = isStopFirst(service) ? (share < 1 ? 1 : 0) : roundUp((1 - share) * oldReplicas);
  const stay = Math.max(needed, maxReplicas(service) - newReplicasAt(service, share));
  return Math.max(before, oldReplicas - stay);
}
