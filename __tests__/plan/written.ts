import { type Action, type HostPlan, STAGES } from '../../src/plan/steps.ts';

/** A plan as lines that a test compares: `start: start web,api of new in green (create) ↶ stop web,api of new!`. */
export function written(plan: HostPlan): readonly string[] {
  return STAGES.flatMap((stage) =>
    (plan[stage] ?? []).map(({ action, undo }) =>
      [`${stage}: ${words(action)}`, ...undo.map((each) => `↶ ${words(each)}`)].join(' '),
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
      return `accessories ${action.services.join() || '–'}`;
    case 'start':
      return `${action.how} ${action.services.join()} of ${action.release} in ${action.slot}`;
    case 'check':
      return `check ${action.services.join()} of ${action.release}`;
    case 'switch':
      return `switch to ${action.release} in ${action.slot}`;
    case 'clear':
      return `clear ${action.slot}`;
    case 'drain':
      return `drain ${action.release} in ${action.slot}`;
    case 'stop':
      return `stop ${action.services.join()} of ${action.release}${action.evidence ? '!' : ''}`;
    case 'accept':
    case 'turned-back':
      return `${action.kind === 'accept' ? action.event : action.kind} ${action.release} after ${action.previous ?? 'nothing'}`;
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
