import { type Placed, type Step, step } from './steps.ts';
import type { HostTask } from './task.ts';
import { tolerated } from './tolerance.ts';

/**
 * The last look before a release is accepted: all of it, workers included, which have come last. The drain of the old release
 * takes about as long anyway, so it is begun here, where everything can be taken back still.
 */
export function lookStep(task: HostTask): Step {
  const { release } = task.wanted;
  const services = Object.keys(release.services);
  return step({
    kind: 'look',
    release: release.id,
    services,
    ...tolerated(task.wanted, services),
    drain: drained(task),
  });
}

/** What got the requests until the switch; without an edge to come, it gets them until the former one is closed. */
function drained({ wanted, previous, traffic }: HostTask): Placed | undefined {
  return wanted.edge !== undefined && traffic !== undefined && traffic.release === previous?.id
    ? traffic
    : undefined;
}
