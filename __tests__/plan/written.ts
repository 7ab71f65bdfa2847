import type { Action } from '../../src/plan/actions.ts';
import { type HostPlan, STAGES } from '../../src/plan/plan.ts';
import type { ReplicaCounts, ReplicaRange } from '../../src/plan/replica-counts.ts';

/** A plan as lines for comparison, with the undo behind `↶`: `start: create web,api of new in green ↶ stop web,api of new`. */
export function written(plan: HostPlan): readonly string[] {
  return STAGES.flatMap((stage) =>
    (plan[stage] ?? []).map(({ action, undo, reason }) =>
      [
        `${stage}: ${textOf(action)}${reason === undefined ? '' : ` (${reason})`}`,
        ...undo.map((each) => `↶ ${textOf(each)}`),
      ].join(' '),
    ),
  );
}

function textOf(action: Action): string {
  switch (action.kind) {
    case 'ensure-edge':
      return `${action.change}${action.closed ? ' closed' : ''} edge for ${action.release} (${action.reason})`;
    case 'try-ports':
      return `try ${action.ports.map(({ port }) => port).join()}`;
    case 'route-domains':
      return action.release === undefined ? 'route no domains' : `route domains of ${action.release}`;
    case 'ensure-accessories':
      return action.recreate === undefined
        ? `ensure accessories ${action.services.join() || '–'}`
        : `recreate accessories ${action.services.join()} of ${action.release}`;
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
      return `split ${action.share} to ${action.release} in ${action.slot}, others to ${action.baseline.release} in ${action.baseline.slot}`;
    case 'balance-replicas': {
      const { newRelease, removedReplicas, share } = action;
      const without = positive(removedReplicas) ? ` without ${counts(removedReplicas)}` : '';
      const others = newRelease
        ? `, ${fraction(share)} to ${counts(newRelease.only)} of ${newRelease.release} in ${newRelease.slot}`
        : '';
      return `balance ${action.release} in ${action.slot}${without}${others}`;
    }
    case 'watch-release':
      return `${action.purpose} ${replicas(action)} of ${action.release} for ${action.duration} against ${action.baseline?.release ?? 'nothing'}${action.limits === undefined ? '' : ' within limits'}`;
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
    case 'stop-project':
    case 'start-project':
      return `${action.kind} ${action.project}`;
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

const positive = (replicas: ReplicaCounts): boolean => Object.values(replicas).some((count) => count > 0);

function counts(replicas: ReplicaCounts): string {
  const named = Object.entries(replicas).filter(([, count]) => count > 0);
  return named.map(([name, count]) => `${count} ${name}`).join();
}

/** `1/3` instead of a third in decimals. */
function fraction(share: number): string {
  const denominator = [1, 2, 3, 4, 5, 6, 7, 8].find(
    (each) => Math.abs(share * each - Math.round(share * each)) < 1e-9,
  );
  return denominator === undefined
    ? String(share)
    : denominator === 1
      ? 'all'
      : `${Math.round(share * denominator)}/${denominator}`;
}
