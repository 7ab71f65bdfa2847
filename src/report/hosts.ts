import { messageWithout } from '../model/errors.ts';
import { acceptanceOf } from '../model/history.ts';
import type { HostName, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import type { Failure, StepResult } from '../plan/outcome.ts';
import { isWhole, liveRelease } from '../plan/situation.ts';
import type { Plan } from '../plan/steps.ts';
import { STAGES } from '../plan/steps.ts';
import type { HostReport, KeptRelease, StepReport } from './report.ts';
import { actionText } from './words.ts';

/** The one release that all of these hosts serve. */
export function liveOn(hosts: readonly HostReport[]): ReleaseId | undefined {
  const [first, ...others] = new Set(hosts.map(({ is, unknown }) => (unknown ? undefined : is)));
  return others.length === 0 ? first : undefined;
}

/** What a host runs, and what it could go back to. Pure. */
export function statusReport(host: ObservedHost): HostReport {
  const live = liveRelease(host);
  const condition = live?.observed === undefined ? 'NOT healthy' : healthOf(host, live.observed);
  const since = live === undefined ? undefined : acceptanceOf(host.history, live.id)?.at;
  const why =
    live === undefined
      ? 'nothing is deployed here'
      : `${live.id} is live${since === undefined ? ', but was never accepted' : ` since ${since}`}, ${condition}${sharing(host)}`;
  const kept = [...host.releases]
    .map((release) => keptRelease(host, release, release.id === live?.id))
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  return { host: host.host, was: live?.id, is: live?.id, why, kept };
}

/** A canary or a rolling deploy that goes on, or was cut short and waits for the next deploy to mend it. */
function sharing({ traffic }: ObservedHost): string {
  return traffic?.shared === undefined
    ? ''
    : `; some of its requests go to ${traffic.shared}, whose deploy goes on or was cut short`;
}

function healthOf(host: ObservedHost, live: ObservedRelease): string {
  const routes = live.record?.routes ?? [];
  if (routes.length > 0 && host.edge.state !== 'running')
    return `NOT healthy: its edge is ${host.edge.state}`;
  return isWhole(live) ? 'healthy' : 'NOT healthy';
}

function keptRelease(host: ObservedHost, release: ObservedRelease, live: boolean): KeptRelease {
  const accepted = acceptanceOf(host.history, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    live,
    whole: isWhole(release),
    condition: conditionOf(release),
  };
}

function conditionOf({ containers, record }: ObservedRelease): string {
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
  failures: readonly Failure[] = [],
): readonly StepReport[] {
  return steps.map((step, index) => ({
    host: step.host,
    stage: step.stage,
    text: actionText(step.action),
    at: Math.round(step.at),
    took: Math.round(step.took),
    ok: step.ok,
    ...(step.ended ? { ended: step.ended } : {}),
    undo: step.undo,
    note: step.note ?? whyNot(step, failures),
    ...(step.watched === undefined
      ? {}
      : { judged: { ...step.watched, share: shareAt(step.host, steps.slice(0, index)) } }),
  }));
}

function whyNot({ host, action }: StepResult, failures: readonly Failure[]): string | undefined {
  const failure = failures.find((each) => each.host === host && each.action === action);
  return failure === undefined ? undefined : messageWithout(host, failure.error);
}

/** The share of the visitors that the new release has on a host after these steps. */
function shareAt(host: HostName, steps: readonly StepResult[]): number {
  const last = steps.findLast(
    (step) => step.host === host && (step.action.kind === 'share' || step.action.kind === 'switch'),
  );
  return last?.action.kind === 'share' ? last.action.share : 1;
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
