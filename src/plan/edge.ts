import { isDeepStrictEqual } from 'node:util';
import { hasSameLayout } from '../model/host.ts';
import { canShareEdge, describeRouteChange } from '../model/route-matching.ts';
import type { Action } from './actions.ts';
import { hasDomains, mayHaveRoutes, releaseOnHost } from './host-queries.ts';
import { type Step, step } from './plan.ts';
import type { PlanningContext } from './planning-context.ts';
import { portFromEdge, portsToNewEdge } from './port-handover.ts';

/** Steps for the routes from outside: the app's edge, the host's front, the domains. */

/** A missing front is created early, so that a port that is taken is found before anything else changes; and an edge, which asks. */
export function edgeSteps(context: PlanningContext): readonly Step[] {
  const { host, desired } = context;
  if (desired.edgeFingerprint === undefined) return restoreEdgeSteps(context);
  const front =
    hasDomains(desired.release) && !host.frontRunning
      ? [step({ kind: 'ensure-front', release: desired.release.id }, { kind: 'remove-unused-front' })]
      : [];
  return [...restoreEdgeSteps(context), ...front, ...createOrStartEdge(context)];
}

/** The live release gets the edge with its own ports back: a killed run has replaced it already. */
function restoreEdgeSteps({ restoreEdgeFor }: PlanningContext): readonly Step[] {
  if (restoreEdgeFor === undefined) return [];
  const reason = 'an interrupted run has replaced it';
  return [step({ kind: 'ensure-edge', change: 'replace', release: restoreEdgeFor, reason })];
}

function createOrStartEdge(context: PlanningContext): readonly Step[] {
  const { host, live } = context;
  // See `newEdgeSteps`.
  if (portsToNewEdge(context).length > 0) return [];
  if (host.edge.state === 'absent') {
    // The files of a former edge still exist.
    const resetTraffic = host.traffic === undefined ? { resetTraffic: true as const } : {};
    if (mayHaveRoutes(live))
      return [step({ ...edgeAction(context, 'create', 'the edge is missing'), ...resetTraffic })];
    const reason = `${live === undefined ? 'first deploy' : 'first published port'}: it opens when the release is live`;
    const closed = { ...edgeAction(context, 'create', reason), ...resetTraffic, closed: true } as const;
    return [step(closed, { kind: 'remove-edge' })];
  }
  const starts = host.edge.state === 'stopped' && host.edge.fingerprint === context.desired.edgeFingerprint;
  return starts ? [step(edgeAction(context, 'start', 'the edge was stopped'))] : [];
}

/** Creates the edge whose ports a service of the old release had; belongs after that service has stopped. */
export function newEdgeSteps(context: PlanningContext): readonly Step[] {
  const [moved] = portsToNewEdge(context);
  if (moved === undefined) return [];
  const reason = `it takes port ${moved.port} from ${moved.service}: nothing answers there until the switch`;
  const resetTraffic = context.host.traffic === undefined ? { resetTraffic: true as const } : {};
  const change = context.host.edge.state === 'absent' ? 'create' : 'replace';
  return [step({ ...edgeAction(context, change, reason), ...resetTraffic }, { kind: 'remove-edge' })];
}

/** Takes a port from the edge that a service publishes from now on; belongs before that service starts. */
export function releasePortSteps(context: PlanningContext): readonly Step[] {
  const { desired, previous } = context;
  const moved = portFromEdge(context);
  if (moved === undefined || previous === undefined) return [];
  const reason = `port ${moved.port} goes to ${moved.service}: nothing answers there until it has started`;
  const back = { kind: 'ensure-edge', release: previous.id, reason: RESTORE_EDGE } as const;
  return [
    desired.edgeFingerprint === undefined
      ? step({ kind: 'remove-edge', reason }, { ...back, change: 'create' })
      : step(edgeAction(context, 'replace', reason), { ...back, change: 'replace' }),
  ];
}

const RESTORE_EDGE = 'to restore the previous edge';

/**
 * Whether nobody is served yet: then the traffic is switched before the ports and domains open, so that no visitor finds an edge
 * without a release.
 */
export const opensLate = ({ host, traffic, live, desired }: PlanningContext): boolean =>
  desired.edgeFingerprint !== undefined &&
  traffic === undefined &&
  !mayHaveRoutes(live) &&
  (host.edge.state === 'absent' || host.edge.fingerprint !== desired.edgeFingerprint);

/** Lets visitors in; belongs right after the switch. */
export const openEdgeSteps = (context: PlanningContext): readonly Step[] => [
  step(edgeAction(context, 'open', 'the release is live'), { kind: 'remove-edge' }),
  ...domainSteps(context),
];

/** Opens exactly the ports and domains of the desired release; belongs right before the switch. */
export function applyRoutesSteps(context: PlanningContext): readonly Step[] {
  const isDone = portFromEdge(context) !== undefined || portsToNewEdge(context).length > 0;
  return [...(isDone ? [] : replaceEdgeSteps(context)), ...domainSteps(context)];
}

/** An edge for other ports is replaced as late as possible, because the old release is served through the present one. */
function replaceEdgeSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, previous } = context;
  if (
    desired.edgeFingerprint === undefined ||
    host.edge.state === 'absent' ||
    host.edge.fingerprint === desired.edgeFingerprint
  )
    return [];
  const replace = edgeAction(context, 'replace', edgeReplaceReason(context));
  if (previous === undefined || !mayHaveRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: RESTORE_EDGE })];
}

/** For the plan: how the present edge differs from the one that is needed, as far as that is known. */
function edgeReplaceReason(context: PlanningContext): string {
  const old = (context.previous ?? context.live)?.record;
  if (isEdgeOfAnotherVersion(context)) return CREATED_BY_ANOTHER_VERSION;
  const { release } = context.desired;
  if (old !== undefined && !isDeepStrictEqual(old.trustedProxies, release.trustedProxies))
    return 'trusted-proxies has changed';
  return (old && describeRouteChange(old, release)) ?? 'its routes differ';
}

const CREATED_BY_ANOTHER_VERSION = 'another version of Sealift created it';

/** Such an edge may read other files than the ones that are written now. */
function isEdgeOfAnotherVersion({ host: { edge }, desired }: PlanningContext): boolean {
  return (
    edge.state !== 'absent' &&
    desired.edgeFingerprint !== undefined &&
    !hasSameLayout(edge.fingerprint, desired.edgeFingerprint)
  );
}

/** Whether the present edge sends requests to releases until the switch. */
export function edgeKeepsRouting({ host: { edge }, desired }: PlanningContext): boolean {
  if (desired.edgeFingerprint === undefined || edge.state === 'absent') return false;
  return edge.state === 'running' || edge.fingerprint === desired.edgeFingerprint;
}

/** Why the present edge can't send requests to the old and the new release; `undefined` if it can. */
export function whyTrafficCannotBeSplit(context: PlanningContext): string | undefined {
  const old = context.previous?.record;
  if (!edgeKeepsRouting(context)) return 'the edge does not run';
  if (isEdgeOfAnotherVersion(context)) return `the edge is replaced, since ${CREATED_BY_ANOTHER_VERSION}`;
  if (old === undefined) return 'the routes of the old release are not known';
  return canShareEdge(old, context.desired.release)
    ? undefined
    : 'the routes have changed, so no edge can send requests to both releases';
}

function domainSteps({ host, desired, live, previous }: PlanningContext): readonly Step[] {
  const { release } = desired;
  const traffic = host.traffic && releaseOnHost(host, host.traffic.release).record;
  const records = [release, live?.record, traffic];
  if (!records.some((record) => record !== undefined && hasDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.record?.id;
  return [step({ kind: 'route-domains', release: release.id }, { kind: 'route-domains', release: before })];
}

function edgeAction(
  { desired }: PlanningContext,
  change: Action<'ensure-edge'>['change'],
  reason: string,
): Action<'ensure-edge'> {
  return { kind: 'ensure-edge', change, release: desired.release.id, reason };
}
