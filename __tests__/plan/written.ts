import { type Action, type HostPlan, type Part, type Replicas, STAGES } from '../../src/plan/steps.ts';

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
    case 'edge':
      return `${action.change} edge for ${action.release} (${action.reason})`;
    case 'domains':
      return `domains of ${action.release ?? 'nobody'}`;
    case 'accessories':
      return `accessories ${action.services.join() || '–'}${action.anew === undefined ? '' : ` anew of ${action.release}`}`;
    case 'start':
      return `${action.how} ${replicas(action)} of ${action.release} in ${action.slot}`;
    case 'check':
      return `check ${replicas(action)} of ${action.release}${action.tolerate === undefined ? '' : ` but ${counts(action.tolerate)}`}`;
    case 'switch':
      return `switch to ${action.release} in ${action.slot}`;
    case 'clear':
      return `clear ${action.slot}`;
    case 'drain':
      return `drain ${action.only === undefined ? '' : `${replicas({ ...action, services: [] })} of `}${action.release} in ${action.slot}`;
    case 'share':
      return `share ${action.share} with ${action.release} in ${action.slot}, others ${action.others.release} in ${action.others.slot}`;
    case 'mix': {
      const with_ =
        action.with === undefined
          ? 'nothing'
          : `${fraction(action.share)} to ${counts(action.with.only)} of ${action.with.release} in ${action.with.slot}`;
      return `mix ${action.release} in ${action.slot} without ${counts(action.gone)} with ${with_}`;
    }
    case 'watch':
      return `${action.why} ${replicas(action)} of ${action.release} for ${action.for} against ${action.against?.release ?? 'nothing'}${action.limits === undefined ? '' : ' by numbers'}`;
    case 'look': {
      const but = action.tolerate === undefined ? '' : ` but ${counts(action.tolerate)}`;
      const drains =
        action.drain === undefined ? '' : ` while ${action.drain.release} drains in ${action.drain.slot}`;
      return `look at ${replicas(action)} of ${action.release}${but}${drains}`;
    }
    case 'run':
      return `run ${action.argv.join(' ')} in ${action.service} of ${action.release} in ${action.slot}`;
    case 'stop':
      return `stop ${replicas(action)} of ${action.release}${action.evidence ? '!' : ''}`;
    case 'accept':
      return `accepted ${action.command === 'rollback' ? 'by rollback ' : ''}${action.release} after ${action.previous ?? 'nothing'}`;
    case 'turned-back':
      return `turned-back ${action.release} after ${action.previous ?? 'nothing'}`;
    case 'prune':
      return `prune ${action.releases.join()}`;
    case 'remove-edge':
    case 'front':
    case 'remove-unused-front':
      return action.kind;
    default:
      return `${action.kind} ${action.release}`;
  }
}

/** `web2,api` or, of some of their replicas, `web 2-3`. */
function replicas({ services, only, after }: Replicas & { readonly services: readonly string[] }): string {
  if (only === undefined && after === undefined) return services.join();
  const names = [...new Set([...services, ...Object.keys(only ?? {})])];
  return names
    .map((name) => `${name} ${(after?.[name] ?? 0) + 1}-${only === undefined ? '' : (only[name] ?? 0)}`)
    .join();
}

function counts(part: Part): string {
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
