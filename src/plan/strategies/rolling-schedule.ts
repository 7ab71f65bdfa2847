import type { ServiceName, UpdateConfig } from '../../model/release.ts';
import type { ReplicaCounts } from '../actions.ts';

/** A service whose replicas are replaced a few at a time. */
export interface RollingService {
  readonly name: ServiceName;
  /** Replicas of the old and of the new release. */
  readonly oldReplicas: number;
  readonly newReplicas: number;
  readonly update: Pick<UpdateConfig, 'parallelism' | 'order'>;
}

/** How far a rolling deploy is; counted are always the first so many replicas of each service. */
export interface RollingState {
  /** New ones that run. */
  readonly up: ReplicaCounts;
  /** Old ones that are stopped. */
  readonly stopped: ReplicaCounts;
  /** The part of the requests that goes to the new release. */
  readonly share: number;
}

/**
 * The moments of a rolling deploy, from the one before it to that in which all new replicas run and get all requests. From one
 * to the next new ones come up, then requests move, then old ones stop.
 *
 * All services go in step, by the share of the requests that the new release gets: at no moment is either release asked for
 * more than its replicas of any service are there for. So what a page asks of a service of its own release is answered as
 * ever, in however many batches that one is replaced. With `stop-first` a batch may be missing, but never all of them. Pure.
 */
export function rollingSchedule(services: readonly RollingService[]): readonly RollingState[] {
  const none = countReplicas(services, () => 0);
  const all: RollingState[] = [{ up: none, stopped: none, share: 0 }];
  for (let last = all[0]; last !== undefined && last.share < 1; last = all.at(-1))
    all.push(...nextStates(services, last));
  return all;
}

const countReplicas = (
  services: readonly RollingService[],
  count: (service: RollingService) => number,
): ReplicaCounts => Object.fromEntries(services.map((service) => [service.name, count(service)]));

/** What is a whole number but for floating point is one. */
const roundUp = (value: number): number => Math.max(0, Math.ceil(value - 1e-9));

/** The next batch of every service that has one. */
function nextStates(services: readonly RollingService[], last: RollingState): readonly RollingState[] {
  const share = Math.min(1, ...services.map((service) => reachableShare(service, last)));
  const up = countReplicas(services, (service) => newReplicasAt(service, share));
  const stopped = countReplicas(services, (service) => stoppedReplicasAt(service, share, last));
  const end: RollingState = { up, stopped, share };
  // Of what is to leave none, the last ones go when nobody asks the old release any more: all others are ready by then.
  const leaves = ({ name, oldReplicas: old }: RollingService): boolean => old > 0 && stopped[name] === old;
  const early = (service: RollingService): boolean => isStopFirst(service) && !leaves(service);
  const room = countReplicas(
    services,
    (service) => (early(service) ? stopped : last.stopped)[service.name] ?? 0,
  );
  const before = increases(last.stopped, room) ? [{ ...last, stopped: room }] : [];
  if (!services.some(leaves)) return [...before, end];
  const others = countReplicas(services, (service) => (leaves(service) ? last.up : up)[service.name] ?? 0);
  return [...before, { up: others, stopped: room, share }, { up: others, stopped, share }, end];
}

const increases = (from: ReplicaCounts, to: ReplicaCounts): boolean =>
  Object.keys(to).some((name) => (to[name] ?? 0) > (from[name] ?? 0));

const isStopFirst = ({ update }: RollingService): boolean => update.order === 'stop-first';

const batchSize = ({ update: { parallelism } }: RollingService): number =>
  parallelism === 0 ? Number.POSITIVE_INFINITY : parallelism;

/** So many replicas stand before or after. A single one that stops first can't make room for another one without a gap. */
const maxReplicas = ({ oldReplicas: old, newReplicas: replicas, update }: RollingService): number =>
  Math.max(old, replicas, update.order === 'stop-first' ? 2 : 0);

/** The share of the requests that the new release can have when a service's next batch is up. */
function reachableShare(service: RollingService, { up, stopped }: RollingState): number {
  const { name, oldReplicas: old, newReplicas: replicas } = service;
  if (replicas === 0) return 1;
  const [had, most] = [up[name] ?? 0, maxReplicas(service)];
  const batch = had + batchSize(service);
  // With start-first a batch may run beside all others. With stop-first the last old one goes when a new one answers.
  const room = isStopFirst(service)
    ? replicas - (had === 0 && old > 0 && most === replicas ? 1 : 0)
    : most + batchSize(service) - (old - (stopped[name] ?? 0));
  return Math.min(batch, room) / replicas;
}

/** As many new ones as their share of the requests needs. */
function newReplicasAt(service: RollingService, share: number): number {
  const needed = roundUp(share * service.newReplicas);
  return isStopFirst(service) && service.oldReplicas > 0 && share < 1
    ? Math.min(needed, maxReplicas(service) - 1)
    : needed;
}

/**
 * As many old ones stay as the rest of the requests needs, or as many as ran before make room for. Of `start-first` the last
 * ones stay warm until the release is accepted.
 */
function stoppedReplicasAt(service: RollingService, share: number, { stopped }: RollingState): number {
  const { name, oldReplicas: old } = service;
  const before = stopped[name] ?? 0;
  if (share === 1 && !isStopFirst(service)) return before;
  const needed = isStopFirst(service) ? (share < 1 ? 1 : 0) : roundUp((1 - share) * old);
  const stay = Math.max(needed, maxReplicas(service) - newReplicasAt(service, share));
  return Math.max(before, old - stay);
}
