import type { Action, StageName } from '../plan/steps.ts';

/** A step as a person reads it. Pure. */
export function describe(action: Action): string {
  switch (action.kind) {
    case 'pull':
      return `pull the images of ${action.release}`;
    case 'edge':
      return (
        { create: 'make the edge', start: 'start the edge', replace: 'replace the edge' }[action.change] +
        ` (${action.reason})`
      );
    case 'remove-edge':
      return 'remove the edge';
    case 'front':
      return 'make the front for domains';
    case 'remove-unused-front':
      return 'remove the front if no domain needs it';
    case 'domains':
      return action.release === undefined ? 'close the domains' : `open the domains of ${action.release}`;
    case 'accessories':
      return action.services.length === 0
        ? 'make networks and volumes'
        : `bring up ${list(action.services)} (accessories)`;
    case 'record':
      return `record ${action.release}`;
    case 'start':
      return `start ${list(action.services)} of ${action.release} in ${action.slot}${action.how === 'start' ? ' (still there)' : ''}`;
    case 'check':
      return `check ${list(action.services)} of ${action.release}`;
    case 'switch':
      return `switch traffic to ${action.release}`;
    case 'clear':
      return `clear the ${action.slot} slot`;
    case 'drain':
      return `drain ${action.release}`;
    case 'stop':
      return `stop ${list(action.services)} of ${action.release}`;
    case 'accept':
      return `accept ${action.release}`;
    case 'turned-back':
      return `note that ${action.release} was turned back`;
    case 'prune':
      return `prune ${list(action.releases)}`;
  }
}

export const STAGE_TITLES: Readonly<Record<StageName, string>> = {
  pull: 'Pull',
  recover: 'Recover',
  prepare: 'Prepare',
  start: 'Start',
  check: 'Check',
  switch: 'Switch',
  verify: 'Verify',
  complete: 'Complete',
  accept: 'Accept',
  retire: 'Retire',
};

/** `a, b and c`. */
export function list(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** A moment of UTC to the minute: `2026-01-02 03:04`; what is no ISO 8601 in UTC stays as it is. */
export function moment(at: string): string {
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, '$1 $2');
}
