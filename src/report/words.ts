import { showCommand } from '../model/command.ts';
import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/host.ts';
import type { ServiceName } from '../model/release.ts';
import { formatShare } from '../model/share.ts';
import type { Action, Part, Replicas, StageName } from '../plan/steps.ts';

/** Instead of a digest, in a dry run. */
export const UNBUILT = 'not built yet';

/** A step as a person reads it. Pure. */
export function actionText(action: Action): string {
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
      return `start ${some(action)} of ${action.release} in ${action.slot}${action.how === 'start' ? ' (still there)' : ''}`;
    case 'check':
      return `check ${some(action)} of ${action.release}`;
    case 'switch':
      return `switch traffic to ${action.release}`;
    case 'share':
      return `send ${formatShare(action.share)} of the visitors to ${action.release}`;
    case 'mix':
      return action.with === undefined
        ? `send traffic to what is left of ${action.release}`
        : `send ${formatShare(action.share)} of the traffic to ${parts(action.with.only)} of ${action.with.release}`;
    case 'watch':
      return `${WATCHING[action.why]} ${action.release} for ${formatDuration(action.for)}`;
    case 'look':
      return `take a last look at ${action.release}${action.drain === undefined ? '' : `, while ${action.drain.release} drains`}`;
    case 'run':
      return `run ${showCommand(action.argv)} in ${action.service} of ${action.release}`;
    case 'clear':
      return `clear the ${action.slot} slot`;
    case 'drain':
      return `drain ${partly(action)}${action.release}`;
    case 'stop':
      return `stop ${some(action)} of ${action.release}`;
    case 'accept':
      return `accept ${action.release}`;
    case 'turned-back':
      return `note that ${action.release} was turned back`;
    case 'prune':
      return `prune ${list(action.releases)}`;
  }
}

const WATCHING = { delay: 'wait with', monitor: 'watch', canary: 'judge', bake: 'watch' } as const;

/** The replicas that are meant, by service: `web 1–2 and worker 1`. */
function some({ services, only, after }: Replicas & { readonly services: readonly ServiceName[] }): string {
  if (only !== undefined) return parts(only, after);
  return list(services.map((name) => (after?.[name] ? `${name} from ${after[name] + 1}` : name)));
}

const partly = ({ only, after }: Replicas): string => (only === undefined ? '' : `${parts(only, after)} of `);

function parts(only: Part, after: Part = {}): string {
  return list(
    Object.entries(only).flatMap(([service, count]) => {
      const first = (after[service] ?? 0) + 1;
      if (count < first) return [];
      return [count === first ? `${service} ${count}` : `${service} ${first}–${count}`];
    }),
  );
}

export const STAGE_TITLES: Readonly<Record<StageName, string>> = {
  pull: 'Pull',
  recover: 'Recover',
  prepare: 'Prepare',
  before: 'Before',
  start: 'Start',
  check: 'Check',
  switch: 'Switch',
  verify: 'Verify',
  bake: 'Bake',
  complete: 'Complete',
  look: 'Look',
  accept: 'Accept',
  retire: 'Retire',
  after: 'After',
};

export const TAKE_BACK = 'Take back';

/** `a, b and c`. */
export function list(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** Hosts that have left the fleet. */
export function removedText(hosts: readonly HostName[]): string {
  const one = hosts.length === 1;
  return (
    `${list(hosts)} ${one ? 'was' : 'were'} in "hosts" at the last deploy and ${one ? 'is' : 'are'} not any more: ` +
    `${one ? 'it was' : 'they were'} not touched and ${one ? 'serves' : 'serve'} what ${one ? 'it' : 'they'} served.`
  );
}

/** With a full stop, unless it has an end of its own. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** A moment of UTC to the minute: `2026-01-02 03:04`; what is no ISO 8601 in UTC stays as it is. */
export function moment(at: string): string {
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, '$1 $2');
}
