import type { ObservedHost, ObservedRelease } from '../model/host.ts';
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

/** How an interrupted run left the traffic, if that is to be mended before anything else is done. */
export function strandedOn(host: ObservedHost): Stranded | undefined {
  const { traffic, accepted } = host;
  if (traffic === undefined) return accepted === undefined ? undefined : halted(host, accepted, undefined);
  const { slot, release, shared } = traffic;
  if (shared === undefined && accepted === release) return halted(host, accepted, slot);
  // Without a running edge no traffic can be given back; the plan brings the edge up, and what has the traffic stays.
  if (host.edge.state !== 'running') return undefined;
  if (shared !== undefined) return ofTwo(host, slot, release, shared);
  if (accepted === undefined) return undefined;
  const found = standing(host, accepted, undefined);
  // One that is on no slot's network has no ways in either: the slot that is free is as good as any.
  const good = { ...found, slot: found.slot ?? otherSlot(slot) };
  return mayServe(good.observed) && good.observed !== undefined
    ? { good: { ...good, observed: good.observed }, other: standsIn(host, release, slot), shared: false }
    : undefined;
}

/** Of two that share the traffic one is to have it all: the accepted one, unless only the other can serve. */
function ofTwo(host: ObservedHost, slot: Slot, first: string, second: string): Stranded | undefined {
  const [one, two] = [standsIn(host, first, slot), standsIn(host, second, otherSlot(slot))];
  const judged: readonly (readonly [typeof one, boolean])[] = [
    [one, mayServe(one.observed) || wasHalted(one.observed)],
    [two, two.observed !== undefined && servesWholly(two.observed)],
    [one, hasAllContainers(one.observed)],
    [two, hasAllContainers(two.observed)],
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
  const lacks = observed.containers.some(
    ({ service, restarts }) => restarts === 'off' && !serviceIsUp(observed, service),
  );
  return lacks
    ? { good: { ...good, slot: good.slot ?? 'blue', observed }, other: undefined, shared: false }
    : undefined;
}

const standsIn = (host: ObservedHost, id: string, slot: Slot): Rival => ({
  ...standing(host, id, slot),
  slot,
});

/** Whether all that a release lacks was stopped by a run, and has not died. */
function wasHalted(observed: ObservedRelease | undefined): boolean {
  return (
    observed !== undefined &&
    hasAllContainers(observed) &&
    answering(observed)
      .filter((name) => !serviceIsUp(observed, name))
      .every((name) =>
        observed.containers.every(
          ({ service, state, restarts }) => service !== name || state === 'running' || restarts === 'off',
        ),
      )
  );
}

/** Whether a release serves, or does so once replicas that a rolling deploy has stopped are started again. */
function mayServe(observed: ObservedRelease | undefined): boolean {
  if (observed === undefined) return false;
  if (servesWholly(observed)) return true;
  return hasAllContainers(observed) && answering(observed).every((name) => serviceIsUp(observed, name, 1));
}
