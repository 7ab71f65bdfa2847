import { formatCommand } from '../model/command-line.ts';
import { formatDuration } from '../model/duration.ts';
import type { HostName } from '../model/host.ts';
import { formatPercent } from '../model/percent.ts';
import type { ServiceName } from '../model/release.ts';
import type { Action, ReplicaCounts, ReplicaRange, StageName } from '../plan/steps.ts';

/** Instead of a digest, in a dry run. */
export const NOT_BUILT_TEXT = 'not built yet';

/** A step as a person reads it. Pure. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case 'pull-images':
      return `pull the images of ${action.release}`;
    case 'ensure-edge':
      return (
        { create: 'make the edge', start: 'start the edge', replace: 'replace the edge' }[action.change] +
        ` (${action.reason})`
      );
    case 'remove-edge':
      return 'remove the edge';
    case 'ensure-front':
      return 'make the front for domains';
    case 'remove-unused-front':
      return 'remove the front if no domain needs it';
    case 'route-domains':
      return action.release === undefined ? 'close the domains' : `open the domains of ${action.release}`;
    case 'ensure-accessories':
      return action.services.length === 0
        ? 'make networks and volumes'
        : `bring up ${joinWithAnd(action.services)} (accessories)`;
    case 'record-release':
      return `record ${action.release}`;
    case 'start-services':
      return `start ${replicasText(action)} of ${action.release} in ${action.slot}${action.how === 'start' ? ' (still there)' : ''}`;
    case 'check-health':
      return `check ${replicasText(action)} of ${action.release}`;
    case 'switch-traffic':
      return `switch traffic to ${action.release}`;
    case 'split-traffic':
      return `send ${formatPercent(action.share)} of the visitors to ${action.release}`;
    case 'balance-replicas':
      return action.newRelease === undefined
        ? `send traffic to what is left of ${action.release}`
        : `send ${formatPercent(action.share)} of the traffic to ${replicaRangesText(action.newRelease.only)} of ${action.newRelease.release}`;
    case 'watch-release':
      return `${WATCH_VERBS[action.purpose]} ${action.release} for ${formatDuration(action.duration)}`;
    case 'final-check':
      return `take a last look at ${action.release}${action.drain === undefined ? '' : `, while ${action.drain.release} drains`}`;
    case 'run-hook':
      return `run ${formatCommand(action.argv)} in ${action.service} of ${action.release}`;
    case 'clear-slot':
      return `clear the ${action.slot} slot`;
    case 'drain-traffic':
      return `drain ${replicasPrefix(action)}${action.release}`;
    case 'stop-services':
      return `stop ${replicasText(action)} of ${action.release}`;
    case 'accept-release':
      return `accept ${action.release}`;
    case 'record-rollback':
      return `note that ${action.release} was rolled back`;
    case 'prune-releases':
      return `prune ${joinWithAnd(action.releases)}`;
  }
}

const WATCH_VERBS = { delay: 'wait with', monitor: 'watch', canary: 'judge', bake: 'watch' } as const;

/** The replicas that are meant, by service: `web 1–2 and worker 1`. */
function replicasText({
  services,
  only,
  after,
}: ReplicaRange & { readonly services: readonly ServiceName[] }): string {
  if (only !== undefined) return replicaRangesText(only, after);
  return joinWithAnd(services.map((name) => (after?.[name] ? `${name} from ${after[name] + 1}` : name)));
}

const replicasPrefix = ({ only, after }: ReplicaRange): string =>
  only === undefined ? '' : `${replicaRangesText(only, after)} of `;

function replicaRangesText(only: ReplicaCounts, after: ReplicaCounts = {}): string {
  return joinWithAnd(
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
  'before-release': 'Before',
  start: 'Start',
  check: 'Check',
  switch: 'Switch',
  verify: 'Verify',
  bake: 'Bake',
  complete: 'Complete',
  'final-check': 'Look',
  accept: 'Accept',
  retire: 'Retire',
  'after-release': 'After',
};

export const ROLL_BACK_TITLE = 'Take back';

/** `a, b and c`. */
export function joinWithAnd(names: readonly string[]): string {
  const last = names.at(-1) ?? 'nothing';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** Hosts that have left the fleet. */
export function removedHostsText(hosts: readonly HostName[]): string {
  const one = hosts.length === 1;
  return (
    `${joinWithAnd(hosts)} ${one ? 'was' : 'were'} in "hosts" at the last deploy and ${one ? 'is' : 'are'} not any more: ` +
    `${one ? 'it was' : 'they were'} not touched and ${one ? 'serves' : 'serve'} what ${one ? 'it' : 'they'} served.`
  );
}

/** With a full stop, unless it has an end of its own. */
export const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** A moment of UTC to the minute: `2026-01-02 03:04`; what is no ISO 8601 in UTC stays as it is. */
export function formatMinute(at: string): string {
  return at.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z$/, '$1 $2');
}
