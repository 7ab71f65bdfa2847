import { hasSameLayout } from '../model/host.ts';
import { canShareEdge, describeRouteChange } from './compare-routes.ts';
import { hasDomains, mayHaveRoutes } from './host-queries.ts';
import type { PlanningContext } from './planning-context.ts';
import { type Action, type Step, step } from './steps.ts';

/** The ways in from outside: the app's edge, the host's front, the domains. */

/** An edge or a front that is missing is made early, so that a taken port is found before anything else is done. */
export function edgeSteps(context: PlanningContext): readonly Step[] {
  const { host, desired } = context;
  if (desired.edgeFingerprint === undefined) return restoreEdgeSteps(context);
  const front =
    hasDomains(desired.release) && !host.frontRunning
      ? [step({ kind: 'ensure-front', release: desired.release.id }, { kind: 'remove-unused-front' })]
      : [];
  return [...restoreEdgeSteps(context), ...front, ...createOrStartEdge(context)];
}

/** What serves is asked at its own ports, until it is replaced: an interrupted run got as far as to change them. */
function restoreEdgeSteps({ restoreEdgeFor }: PlanningContext): readonly Step[] {
  if (restoreEdgeFor === undefined) return [];
  const reason = 'an interrupted run has replaced it';
  return [step({ kind: 'ensure-edge', change: 'replace', release: restoreEdgeFor, reason })];
}

function createOrStartEdge(context: PlanningContext): readonly Step[] {
  const { host, live } = context;
  if (host.edge.state === 'absent') {
    // Files outlive their edge.
    const resetTraffic = host.traffic === undefined ? { resetTraffic: true as const } : {};
    if (mayHaveRoutes(live))
      return [step({ ...edgeAction(context, 'create', 'the edge is gone'), ...resetTraffic })];
    const reason = live === undefined ? 'first deploy' : 'first published port';
    return [step({ ...edgeAction(context, 'create', reason), ...resetTraffic }, { kind: 'remove-edge' })];
  }
  const starts = host.edge.state === 'stopped' && host.edge.fingerprint === context.desired.edgeFingerprint;
  return starts ? [step(edgeAction(context, 'start', 'the edge was stopped'))] : [];
}

/** Makes exactly the wanted release's ports and domains lead here; belongs right before the switch. */
export function openRoutesSteps(context: PlanningContext): readonly Step[] {
  return [...replaceEdgeSteps(context), ...domainSteps(context)];
}

/** An edge for other ports is replaced as late as can be: the old release is served by the former one. */
function replaceEdgeSteps(context: PlanningContext): readonly Step[] {
  const { host, desired, previous } = context;
  if (
    desired.edgeFingerprint === undefined ||
    host.edge.state === 'absent' ||
    host.edge.fingerprint === desired.edgeFingerprint
  ) {
    return [];
  }
  const replace = edgeAction(context, 'replace', edgeReplaceReason(context));
  if (previous === undefined || !mayHaveRoutes(previous)) return [step(replace)];
  return [step(replace, { ...replace, release: previous.id, reason: 'as it was before' })];
}

/** For the plan: what is other than in the edge that there is, as far as that is known. */
function edgeReplaceReason(context: PlanningContext): string {
  const old = context.previous?.observed?.record;
  if (isEdgeOfAnotherVersion(context)) return MADE_BY_ANOTHER_VERSION;
  return (old && describeRouteChange(old, context.desired.release)) ?? 'it was made for other ways in';
}

const MADE_BY_ANOTHER_VERSION = 'another version of Sealift made it';

/** Such an edge may read other files than are written now. */
function isEdgeOfAnotherVersion({ host, desired }: PlanningContext): boolean {
  const { edge } = host;
  return (
    edge.state !== 'absent' &&
    desired.edgeFingerprint !== undefined &&
    !hasSameLayout(edge.fingerprint, desired.edgeFingerprint)
  );
}

/** Whether the edge that there is goes on leading to releases until the switch. */
export function edgeKeepsRouting({ host, desired }: PlanningContext): boolean {
  const { edge } = host;
  if (desired.edgeFingerprint === undefined || edge.state === 'absent') return false;
  return edge.state === 'running' || edge.fingerprint === desired.edgeFingerprint;
}

/** Why the edge that there is can't lead to the old and the new release alike; `undefined` if it can. */
export function whyTrafficCannotBeSplit(context: PlanningContext): string | undefined {
  const old = context.previous?.observed?.record;
  if (!edgeKeepsRouting(context)) return 'the edge does not run';
  if (isEdgeOfAnotherVersion(context)) return `the edge is replaced, since ${MADE_BY_ANOTHER_VERSION}`;
  if (old === undefined) return 'the ways in of the old release are not known';
  return canShareEdge(old, context.desired.release)
    ? undefined
    : 'the ways in have changed, so no edge can lead to both releases';
}

function domainSteps({ host, desired, live, previous }: PlanningContext): readonly Step[] {
  const { release } = desired;
  const traffic = host.releases.find(({ id }) => id === host.traffic?.release)?.record;
  const records = [release, live?.observed?.record, traffic];
  if (!records.some((record) => record !== undefined && hasDomains(record))) return [];
  const before = live?.id === release.id ? release.id : previous?.observed?.record?.id;
  return [step({ kind: 'route-domains', release: release.id }, { kind: 'route-domains', release: before })];
}

function edgeAction(
  { desired }: PlanningContext,
  kind: 'create' | 'start' | 'replace',
  reason: string,
): Action & { readonly kind: 'ensure-edge' } {
  return { kind: 'ensure-edge', change: kind, release: desired.release.id, reason };
}
