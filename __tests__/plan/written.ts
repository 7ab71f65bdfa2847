import type { Action, ReplicaCounts, ReplicaRange } from '../../src/plan/actions.ts';
import { type HostPlan, STAGES } from '../../src/plan/plan.ts';

/** A plan as lines that a test compares: `start: start web,api of new in green (create) ↶ stop web,api of new!`. */
export function written(plan: HostPlan): readonly string[] {
  return STAGES.flatMap((stage) =>
    (plan[stage] ?? []).map(({ action, undo, reason }) =>
      [
        `${stage}: ${words(action)}${reason === undefined ? '' : ` (${reason})`}`,
        ...undo.map((each) => `↶ ${words(each)}`),
      ].join(' '),
    ),
  );
}

function words(action: Action): string {
  switch (action.kind) {
    case 'ensure-edge':
      return `${action.change} edge for ${action.release} (${action.reason})`;
    case 'route-domains':
      return `domains of ${action.release ?? 'nobody'}`;
    case 'ensure-accessories':
      return `accessories ${action.services.join() || '–'}${action.recreate === undefined ? '' : ` anew of ${action.release}`}`;
    case 'start-services':
      return `${action.how} ${replicas(action)} of ${action.release} in ${action.slot}`;
    case 'check-health':
      return `check ${replicas(action)} of ${action.release}${action.tolerate === undefined ? '' : ` but ${counts(action.tolerate)}`}`;
    case 'switch-traffic':
      return `switch to ${action.release} in ${action.slot}`;
    case 'clear-slot':
      return `clear ${action.slot}`;
    case 'drain-traffic':
      return `drain ${action.only === undefined ? '' : `${replicas({ ...action, services: [] })} of `}${action.release} in ${action.slot}`;
    case 'split-traffic':
      return `share ${action.share} with ${action.release} in ${action.slot}, others ${action.baseline.release} in ${action.baseline.slot}`;
    case 'balance-replicas': {
      const with_ =
        action.newRelease === undefined
          ? 'nothing'
          : `${fraction(action.share)} to ${counts(action.newRelease.only)} of ${action.newRelease.release} in ${action.newRelease.slot}`;
      return `mix ${action.release} in ${action.slot} without ${counts(action.removedReplicas)} with ${with_}`;
    }
    case 'watch-release':
      return `${action.purpose} ${replicas(action)} of ${action.release} for ${action.duration} against ${action.baseline?.release ?? 'nothing'}${action.limits === undefined ? '' : ' by numbers'}`;
    case 'final-check': {
      const but = action.tolerate === undefined ? '' : ` but ${counts(action.tolerate)}`;
      const drains =
        action.drain === undefined ? '' : ` while ${action.drain.release} drains in ${action.drain.slot}`;
      return `final check of ${replicas(action)} of ${action.release}${but}${drains}`;
    }
    case 'run-hook':
      return `run ${action.argv.join(' ')} in ${action.service} of ${action.release} in ${action.slot}`;
    case 'stop-services':
      return `stop ${replicas(action)} of ${action.release}`;
    case 'accept-release':
      return `accepted ${action.command === 'rollback' ? 'by rollback ' : ''}${action.release} after ${action.previous ?? 'nothing'}`;
    case 'record-rollback':
      return `rolled-back ${action.release} after ${action.previous ?? 'nothing'}`;
    case 'prune-releases':
      return `prune ${action.releases.join()}`;
    case 'remove-edge':
    case 'ensure-front':
    case 'remove-unused-front':
      return action.kind;
    default:
      return `${action.kind} ${action.release}`;
  }
}

/** `web2,api` or, of some of their replicas, `web 2-3`. */
function replicas({
  services,
  only,
  after,
}: ReplicaRange & { readonly services: readonly string[] }): string {
  if (only === undefined && after === undefined) return services.join();
  const names = [...new Set([...services, ...Object.keys(only ?? {})])];
  return names
    .map((name) => `${name} ${(after?.[name] ?? 0) + 1}-${only === undefined ? '' : (only[name] ?? 0)}`)
    .join();
}

function counts(part: ReplicaCounts): string {
  const named = Object.entries(part).filter(([, count]) => count > 0);
  return named.map(([name, count]) => `${count} ${name}`).join() || 'none';
}

/** `1/3` rather than a third in decimals. */
function fraction(share: number): string {
  const whole = [1, 2, 3, 4, 5, 6, 7, 8].find(
    (each) => Math.abs(share * each - Math.round(share * each)) < 1e-9,
  );
  return whole === undefined ? String(share) : whole === 1 ? 'all' : `${Math.round(share * whole)}/${whole}`;
}
