import type { Action, ReleaseInSlot, ReplicaRange } from './actions.ts';

/** An action that sets where all requests go from then on. Done twice it changes nothing more. */
export type Routing = Action<'switch-traffic' | 'split-traffic' | 'balance-replicas' | 'clear-slot'>;

/** Changes the routing back, then drains each release, or replica, that gets no more requests by that. */
export function restoreRouting(from: Routing, to: Routing): readonly Action[] {
  const receivers = releasesReceivingTraffic(to);
  return [
    to,
    ...releasesReceivingTraffic(from).flatMap((each): readonly Action[] => {
      const remaining = receivers.find(({ release }) => release === each.release);
      if (remaining === undefined) return [{ kind: 'drain-traffic', ...each }];
      return remaining.only === undefined ? [] : [{ kind: 'drain-traffic', ...each, after: remaining.only }];
    }),
  ];
}

/** The releases, or some of their replicas, that get requests. */
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
