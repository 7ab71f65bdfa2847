import { type ObservedHost, type ObservedRelease, readAlike } from '../model/host.ts';
import { otherSlot, type ReleaseId, type ServiceName, type Slot } from '../model/release.ts';
import type { Amends } from './ground.ts';
import { hasAllContainers, liveRelease, type Standing, servicesOf, startedServices } from './situation.ts';
import type { HostPlan, Placed } from './steps.ts';
import { type Stranded, strandedOn } from './stranded.ts';
import type { Wanted } from './wanted.ts';

/** What is to be done on one host, thought through once; what every part of its plan is made from. */
export interface HostTask extends Amends {
  /** As it was found; but with the edge as `edgeBack` leaves it. */
  readonly host: ObservedHost;
  /** An interrupted run has replaced the edge: this release needs it as it was, before anything of the new one is made. */
  readonly edgeBack: ReleaseId | undefined;
  readonly wanted: Wanted;
  /** The good release that an interrupted run took the traffic from: before anything else it gets it back. */
  readonly stranded: Stranded | undefined;
  /** The release that serves once that is mended; it may be the wanted one, which then is made whole. */
  readonly live: Standing | undefined;
  /** The release that is replaced: the live one, if it is another than the wanted one. */
  readonly previous: Standing | undefined;
  /** Where the edge sends requests once that is mended, and will again if the plan fails. */
  readonly traffic: Placed | undefined;
  /** Where the wanted release stands or comes to stand. */
  readonly slot: Slot;
  /** How its containers come up: made by Compose, or started again, in this slot, because they all still exist. */
  readonly how: 'create' | 'start';
  /** Its services that run, live, before anything but recovery is done: a failure to mend the rest must not stop them. */
  readonly untouchable: ReadonlySet<ServiceName>;
}

/** One of these for each way traffic can move. It answers the stages from `start` to `switch`. */
export type StrategyPlanner = (task: HostTask) => Required<Pick<HostPlan, 'start' | 'check' | 'switch'>>;

/** What is to be done on one host, with what its strategy needs to know of it. */
export function taskOf(host: ObservedHost, wanted: Wanted, { amends, givesWay }: Amends): HostTask {
  const { id } = wanted.release;
  const stranded = strandedOn(host, givesWay);
  // What gives way to nothing is gone when the plan proper begins.
  const found = givesWay && stranded === undefined ? undefined : host.traffic;
  const live = stranded?.good ?? (found === host.traffic ? liveRelease(host) : undefined);
  const again = live?.id === id;
  const known = host.releases.find((observed) => observed.id === id);
  const taken = again ? undefined : live?.slot;
  // What runs stays where it is: nobody's traffic is moved by mending it.
  const slot = taken === undefined ? (known?.slot ?? live?.slot ?? 'blue') : otherSlot(taken);
  const edge = again ? undefined : edgeToReturn(host, live);
  return {
    host: edge === undefined ? host : { ...host, edge },
    edgeBack: edge && live?.id,
    amends,
    givesWay,
    wanted,
    stranded,
    live,
    previous: again ? undefined : live,
    traffic:
      stranded === undefined
        ? found && { slot: found.slot, release: found.release }
        : { slot: stranded.good.slot, release: stranded.good.id },
    slot,
    how: hasAllContainers(known) ? 'start' : 'create',
    untouchable: new Set(again ? untouchableOf(known, stranded !== undefined) : []),
  };
}

/** The edge that what was accepted needs, where another one runs. One of another version of Sealift is nobody's leavings. */
function edgeToReturn(
  { edge, accepted }: ObservedHost,
  live: Standing | undefined,
): ObservedHost['edge'] | undefined {
  const fingerprint = live?.observed?.edge;
  return edge.state === 'running' &&
    fingerprint !== undefined &&
    live?.id === accepted &&
    edge.fingerprint !== fingerprint &&
    readAlike(edge.fingerprint, fingerprint)
    ? { ...edge, fingerprint }
    : undefined;
}

/** What an interrupted run had stopped of the live release runs again before the plan proper begins. */
function untouchableOf(live: ObservedRelease | undefined, recovered: boolean): readonly ServiceName[] {
  return recovered && hasAllContainers(live) ? servicesOf(live) : startedServices(live);
}
