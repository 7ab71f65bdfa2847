import type { ServiceName } from '../../model/release.ts';
import type { HostTask } from '../host.ts';
import type { Action, Step } from '../steps.ts';

export const step = (action: Action, ...undo: readonly Action[]): Step => ({ action, undo });

/** Brings services of the new release up; taken back by showing why they failed and stopping them. */
export function startNew({ wanted, slot, how }: HostTask, services: readonly ServiceName[]): readonly Step[] {
  const release = wanted.release.id;
  return services.length === 0
    ? []
    : [
        step(
          { kind: 'start', release, slot, services, how },
          { kind: 'stop', release, services, evidence: true },
        ),
      ];
}

export function checkNew({ wanted }: HostTask, services: readonly ServiceName[]): readonly Step[] {
  return services.length === 0 ? [] : [step({ kind: 'check', release: wanted.release.id, services })];
}

/** Stops services of the old release; taken back by starting the same containers again. */
export function stopOld({ previous }: HostTask, services: readonly ServiceName[]): readonly Step[] {
  if (previous === undefined || services.length === 0) return [];
  const { id: release, slot } = previous;
  const undo: readonly Action[] =
    slot === undefined
      ? []
      : [
          { kind: 'start', release, slot, services, how: 'start' },
          { kind: 'check', release, services },
        ];
  return [step({ kind: 'stop', release, services, evidence: false }, ...undo)];
}

/** Opens the routes and moves all traffic to the new release; taken back by moving it to the old one again. */
export function handOver({ wanted, previous, slot, openRoutes }: HostTask): readonly Step[] {
  if (wanted.edge === undefined) return openRoutes;
  const release = wanted.release.id;
  const again =
    previous?.slot === undefined ? [{ kind: 'clear', slot } as const] : backTo(previous.id, previous.slot);
  return [...openRoutes, step({ kind: 'switch', release, slot }, ...again, { kind: 'drain', release, slot })];
}

function backTo(release: string, slot: 'blue' | 'green'): readonly Action[] {
  return [{ kind: 'switch', release, slot }];
}
