import type { Action, ReleaseInSlot, ReplicaRange } from './steps.ts';

/** Where requests go. It is told by what leads them there: done twice, it changes nothing. */
export type Routing = Extract<
  Action,
  { readonly kind: 'switch-traffic' | 'split-traffic' | 'balance-replicas' | 'clear-slot' }
>;

/** Leads requests from one place back to another, and waits for those that what gets fewer by that is still answering. */
export function restoreRouting(from: Routing, to: Routing): readonly Action[] {
  const still = releasesReceivingTraffic(to);
  return [
    to,
    ...releasesReceivingTraffic(from).flatMap((each): readonly Action[] => {
      const rest = still.find(({ release }) => release === each.release);
      if (rest === undefined) return [{ kind: 'drain-traffic', ...each }];
      return rest.only === undefined ? [] : [{ kind: 'drain-traffic', ...each, after: rest.only }];
    }),
  ];
}

/** What gets requests. */
function releasesReceivingTraffic(routing: Routing): readonly (ReleaseInSlot & ReplicaRange)[] {
  switch (routing.kind) {
    case 'switch-traffic':
      return [releaseInSlotOf(routing)];
    case 'split-traffic':
      return [releaseInSlotOf(routing), routing.baseline];
    case 'balance-replicas':
      return [releaseInSlotOf(routing), ...(routing.newRelease === undefined ? [] : [routing.newRelease])];
    case 'clear-slot':
      return [];
  }
}

const releaseInSlotOf = ({ release, slot }: ReleaseInSlot): ReleaseInSlot => ({ release, slot });
