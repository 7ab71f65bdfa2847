import { messageWithoutHost } from '../model/errors.ts';
import { lastAcceptanceOf } from '../model/history.ts';
import type { HostName, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import { isFullyUp, liveRelease } from '../plan/host-queries.ts';
import type { RolloutFailure, StepResult } from '../plan/outcome.ts';
import type { Plan } from '../plan/steps.ts';
import { STAGES } from '../plan/steps.ts';
import { actionText } from './action-text.ts';
import type { HostReport, KeptRelease, StepReport } from './report.ts';

/** The one release that all of these hosts serve. */
export function commonRelease(hosts: readonly HostReport[]): ReleaseId | undefined {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => (unknown ? undefined : is)));
  return others.length === 0 ? first : undefined;
}

/** What a host runs, and what it could go back to. Pure. */
export function statusReport(host: ObservedHost): HostReport {
  const live = liveRelease(host);
  const condition = live?.observed === undefined ? 'NOT healthy' : releaseHealthText(host, live.observed);
  const since = live === undefined ? undefined : lastAcceptanceOf(host.history, live.id)?.at;
  const why =
    live === undefined
      ? 'nothing is deployed here'
      : `${live.id} is live${since === undefined ? ', but was never accepted' : ` since ${since}`}, ${condition}${sharedTrafficText(host)}`;
  const kept = [...host.releases]
    .map((release) => keptRelease(host, release, release.id === live?.id))
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  return { host: host.host, was: live?.id, is: live?.id, why, kept };
}

/** A canary or a rolling deploy that goes on, or was cut short and waits for the next deploy to mend it. */
function sharedTrafficText({ traffic }: ObservedHost): string {
  return traffic?.splitWith === undefined
    ? ''
    : `; some of its requests go to ${traffic.splitWith}, whose deploy goes on or was cut short`;
}

function releaseHealthText(host: ObservedHost, live: ObservedRelease): string {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== 'running')
    return `NOT healthy: its edge is ${host.edge.state}`;
  return isFullyUp(live) ? 'healthy' : 'NOT healthy';
}

function keptRelease(host: ObservedHost, release: ObservedRelease, live: boolean): KeptRelease {
  const accepted = lastAcceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    live,
    whole: isFullyUp(release),
    condition: releaseCondition(release),
  };
}

function releaseCondition({ containers, record }: ObservedRelease): string {
  if (containers.length === 0) return 'its containers are gone, its image and record are kept';
  // What has ended well has done its work: it is neither stopped nor missing.
  const staying = containers.filter(
    ({ service, state, exitCode }) =>
      !(record?.services[service]?.oneShot === true && state === 'exited' && exitCode === 0),
  );
  const running = staying.filter(({ state }) => state === 'running');
  if (running.length === 0) return `${containers.length} stopped`;
  const well = running.filter(({ health }) => health === undefined || health === 'healthy');
  return `${well.length} of ${staying.length} ${running.some(({ health }) => health !== undefined) ? 'healthy' : 'running'}`;
}

/**
 * The steps as they went. Pure.
 * @param failures why some of them failed
 */
export function stepReports(
  steps: readonly StepResult[],
  failures: readonly RolloutFailure[] = [],
): readonly StepReport[] {
  return steps.map((step, index) => ({
    host: step.host,
    stage: step.stage,
    text: actionText(step.action),
    at: Math.round(step.at),
    took: Math.round(step.took),
    ok: step.ok,
    ...(step.aborted ? { ended: step.aborted } : {}),
    undo: step.undo,
    note: step.note ?? failureNote(step, failures),
    ...(step.watched === undefined
      ? {}
      : { judged: { ...step.watched, share: shareAt(step.host, steps.slice(0, index)) } }),
  }));
}

function failureNote({ host, action }: StepResult, failures: readonly RolloutFailure[]): string | undefined {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === undefined ? undefined : messageWithoutHost(host, failure.error);
}

/** The share of the visitors that the new release has on a host after these steps. */
function shareAt(host: HostName, steps: readonly StepResult[]): number {
  const last = steps.findLast(
    (step) =>
      step.host === host && (step.action.kind === 'split-traffic' || step.action.kind === 'switch-traffic'),
  );
  return last?.action.kind === 'split-traffic' ? last.action.share : 1;
}

/** The steps of a plan that was not carried out. Pure. */
export function plannedSteps(plan: Plan): readonly StepReport[] {
  return STAGES.flatMap((stage) =>
    [...plan.hosts].flatMap(([host, stages]) =>
      (stages[stage] ?? []).map((step) => ({
        host,
        stage,
        text: actionText(step.action),
        at: undefined,
        took: undefined,
        ok: undefined,
        undo: false,
        note: step.reason,
      })),
    ),
  );
}
