import type { Action, ReleaseInSlot } from './actions.ts';
import type { ReplicaRange } from './replica-counts.ts';

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
  if (routing.kind === 'clear-slot') return [];
  const main = { release: routing.release, slot: routing.slot };
  if (routing.kind === 'split-traffic') return [main, routing.baseline];
  return routing.kind === 'balance-replicas' && routing.newRelease ? [main, routing.newRelease] : [main];
}
