import type { ObservedContainer, ObservedHost, ObservedRelease } from '../model/host.ts';
import { otherSlot, type Slot } from '../model/release.ts';
import {
  answering,
  hasAllContainers,
  type Standing,
  servesWholly,
  serviceIsUp,
  standing,
} from './situation.ts';

/** A good release from which an interrupted run took the traffic, all of it or a part, or containers. */
export interface Stranded {
  /** What gets it back. */
  readonly good: Standing & { readonly slot: Slot; readonly observed: ObservedRelease };
  /** What has the traffic instead, or beside; `undefined` where only containers of the good one were stopped. */
  readonly other: Rival | undefined;
  readonly shared: boolean;
}

export type Rival = Standing & { readonly slot: Slot };

/**
 * How an interrupted run left the traffic, if that is to be mended before anything else is done.
 * @param givesWay what has the traffic makes way for what was accepted, although nothing of that may run
 */
export function strandedOn(host: ObservedHost, givesWay = false): Stranded | undefined {
  const { traffic, accepted } = host;
  if (traffic === undefined) return accepted === undefined ? undefined : halted(host, accepted, undefined);
  const { slot, release, shared } = traffic;
  if (shared === undefined && accepted === release) return halted(host, accepted, slot);
  // Without a running edge no traffic can be given back; the plan brings the edge up, and what has the traffic stays.
  if (host.edge.state !== 'running') return undefined;
  if (shared !== undefined && !givesWay) return ofTwo(host, slot, release, shared);
  // Nothing was ever accepted: what has the traffic is what there is to go back to.
  if (accepted === undefined) return givesWay ? undefined : halted(host, release, slot);
  const found = standing(host, accepted, accepted === release ? slot : undefined);
  // One that is on no slot's network has no ways in either: the slot that is free is as good as any.
  const good = { ...found, slot: found.slot ?? otherSlot(slot) };
  const other =
    accepted === release && shared !== undefined
      ? standsIn(host, shared, otherSlot(slot))
      : standsIn(host, release, slot);
  // Where what was accepted can't serve any more, what has the traffic is what there is to go back to as well.
  return (givesWay || mayServe(good.observed)) && good.observed !== undefined
    ? { good: { ...good, observed: good.observed }, other, shared: shared !== undefined }
    : halted(host, release, slot);
}

/** Of two that share the traffic one is to have it all: the accepted one, unless only the other can serve. */
function ofTwo(host: ObservedHost, slot: Slot, first: string, second: string): Stranded | undefined {
  const [one, two] = [standsIn(host, first, slot), standsIn(host, second, otherSlot(slot))];
  const judged: readonly (readonly [typeof one, boolean])[] = [
    [one, mayServe(one.observed) || wasHalted(one.observed)],
    [two, two.observed !== undefined && servesWholly(two.observed)],
    [one, canStart(one.observed)],
    [two, canStart(two.observed)],
    [two, answers(two.observed)],
  ];
  const good = judged.find(([, can]) => can)?.[0];
  if (good?.observed === undefined) return undefined;
  return { good: { ...good, observed: good.observed }, other: good === one ? two : one, shared: true };
}

/** What serves is good, and lacks what a run stopped that did not get as far as to replace it. */
function halted(host: ObservedHost, id: string, slot: Slot | undefined): Stranded | undefined {
  const good = standing(host, id, slot);
  const { observed } = good;
  if (observed === undefined) return undefined;
  const lacks =
    observed.refused !== true &&
    observed.containers.some((container) => isHalted(container) && !serviceIsUp(observed, container.service));
  return lacks || isLeftOut(host, observed)
    ? { good: { ...good, slot: good.slot ?? 'blue', observed }, other: undefined, shared: false }
    : undefined;
}

/**
 * Whether something of a release stands ready to be asked, and is not: a run took it from the list, to stop it, and was cut
 * short. It can be listed again only where each service that the edge asks has something to be listed.
 */
export function isLeftOut({ edge, asked }: ObservedHost, observed: ObservedRelease): boolean {
  const { record, containers } = observed;
  const routed = new Set(record?.routes.map(({ service }) => service));
  return (
    edge.state === 'running' &&
    canBeAsked(observed) &&
    containers.some(
      ({ name, service, state, health }) =>
        routed.has(service) &&
        state === 'running' &&
        (health === undefined || health === 'healthy') &&
        !asked.has(name),
    )
  );
}

/** Whether of each service that the edge asks something runs, or is to be started first. */
export function canBeAsked({ record, containers, refused }: ObservedRelease): boolean {
  const may = ({ state }: ObservedContainer): boolean => state === 'running' || refused !== true;
  return (record?.routes ?? []).every(({ service }) =>
    containers.some((each) => each.service === service && may(each)),
  );
}

const standsIn = (host: ObservedHost, id: string, slot: Slot): Rival => ({
  ...standing(host, id, slot),
  slot,
});

/**
 * Whether a container may have been stopped by a run, rather than that it died: then it still has its restart policy. Where it
 * never had one nobody can tell; it belongs to a release that is to run, so that is tried.
 */
const isHalted = ({ state, restarts }: ObservedContainer): boolean =>
  restarts !== 'left' && (state === 'exited' || state === 'created' || state === 'dead');

/** Whether all that a release lacks was stopped by a run, and has not died. */
function wasHalted(observed: ObservedRelease | undefined): boolean {
  return (
    canStart(observed) &&
    observed !== undefined &&
    answering(observed)
      .filter((name) => !serviceIsUp(observed, name))
      .every((name) =>
        observed.containers.every(
          (container) => container.service !== name || container.state === 'running' || isHalted(container),
        ),
      )
  );
}

/** Whether starting its containers may bring a release back. */
const canStart = (observed: ObservedRelease | undefined): boolean =>
  hasAllContainers(observed) && observed?.refused !== true;

/** Whether a release serves, or does so once what a rolling deploy has stopped is started again: replicas, or all of what stands behind. */
function mayServe(observed: ObservedRelease | undefined): boolean {
  return (
    observed !== undefined &&
    (servesWholly(observed) ||
      (hasAllContainers(observed) && answers(observed)) ||
      (hasOpenWaysIn(observed) && wasHalted(observed)))
  );
}

/** Whether what a release is asked at is up: then it was not stopped to make room for another one that can't stand beside it. */
function hasOpenWaysIn(observed: ObservedRelease): boolean {
  const routes = observed.record?.routes ?? [];
  return routes.length > 0 && routes.every(({ service }) => serviceIsUp(observed, service, 1));
}

/** Whether something of all that is asked of a release is up. */
const answers = (observed: ObservedRelease | undefined): boolean =>
  observed !== undefined && answering(observed).every((name) => serviceIsUp(observed, name, 1));
