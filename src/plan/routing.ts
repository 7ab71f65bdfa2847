import type { Action, Placed, Replicas } from './steps.ts';

/** Where requests go. It is told by what leads them there: done twice, it changes nothing. */
export type Routing = Extract<Action, { readonly kind: 'switch' | 'share' | 'mix' | 'clear' }>;

/** Leads requests from one place back to another, and waits for those that what gets fewer by that is still answering. */
export function wayBack(from: Routing, to: Routing): readonly Action[] {
  const still = askedBy(to);
  return [
    to,
    ...askedBy(from).flatMap((each): readonly Action[] => {
      const rest = still.find(({ release }) => release === each.release);
      if (rest === undefined) return [{ kind: 'drain', ...each }];
      return rest.only === undefined ? [] : [{ kind: 'drain', ...each, after: rest.only }];
    }),
  ];
}

/** What gets requests. */
function askedBy(routing: Routing): readonly (Placed & Replicas)[] {
  switch (routing.kind) {
    case 'switch':
      return [placed(routing)];
    case 'share':
      return [placed(routing), routing.others];
    case 'mix':
      return [placed(routing), ...(routing.with === undefined ? [] : [routing.with])];
    case 'clear':
      return [];
  }
}

const placed = ({ release, slot }: Placed): Placed => ({ release, slot });
