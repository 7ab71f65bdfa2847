import { messageOf } from '../model/errors.ts';
import type { HistoryEntry, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import { isWhole, liveRelease } from '../plan/situation.ts';
import type { Plan } from '../plan/steps.ts';
import { STAGES } from '../plan/steps.ts';
import type { Outcome, StepResult } from '../target/outcome.ts';
import type { HostReport, KeptRelease, StepReport } from './report.ts';
import { describe } from './words.ts';

/** What became of each host. Pure. */
export function hostReports(
  before: readonly ObservedHost[],
  wanted: ReleaseId,
  outcome: Outcome,
): readonly HostReport[] {
  return before.map((host) => {
    const was = liveRelease(host)?.id;
    if (outcome.kind === 'done')
      return { host: host.host, was, is: wanted, why: was === wanted ? 'already live' : 'healthy', kept: [] };
    const failure = outcome.failures.find((each) => each.host === host.host);
    const left = outcome.left.find((each) => each.host === host.host);
    const touched = outcome.steps.some((step) => step.host === host.host && step.stage !== 'pull');
    if (left !== undefined)
      return {
        host: host.host,
        was,
        is: undefined,
        why: `COULD NOT BE MOVED BACK: ${messageOf(left.error)}`,
        kept: [],
      };
    const why =
      failure === undefined
        ? touched
          ? 'moved back, because another check failed'
          : 'not touched'
        : messageOf(failure.error);
    return { host: host.host, was, is: was, why, kept: [] };
  });
}

/** What a host runs, and what it could go back to. Pure. */
export function statusReport(host: ObservedHost): HostReport {
  const live = liveRelease(host);
  const whole = live?.observed === undefined ? false : isWhole(live.observed);
  const since = live === undefined ? undefined : acceptance(host, live.id)?.at;
  const why =
    live === undefined
      ? 'nothing is deployed here'
      : `${live.id} is live${since === undefined ? ', but was never accepted' : ` since ${since}`}, ${whole ? 'healthy' : 'NOT healthy'}`;
  const kept = [...host.releases]
    .map((release) => keptRelease(host, release, release.id === live?.id))
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  return { host: host.host, was: live?.id, is: live?.id, why, kept };
}

function acceptance(host: ObservedHost, id: ReleaseId): HistoryEntry | undefined {
  return host.history.findLast((entry) => entry.release === id && entry.event !== 'turned-back');
}

function keptRelease(host: ObservedHost, release: ObservedRelease, live: boolean): KeptRelease {
  const accepted = acceptance(host, release.id);
  return {
    release: release.id,
    revision: release.record?.origin.revision,
    acceptedAt: accepted?.at,
    actor: accepted?.actor,
    runUrl: accepted?.runUrl,
    live,
    condition: conditionOf(release),
  };
}

function conditionOf(release: ObservedRelease): string {
  const total = release.containers.length;
  if (total === 0) return 'its containers are gone, its image and record are kept';
  const running = release.containers.filter((container) => container.state === 'running');
  if (running.length === 0) return `${total} stopped`;
  const healthy = running.filter(
    (container) => container.health === undefined || container.health === 'healthy',
  );
  return `${healthy.length} of ${total} ${running.some((container) => container.health !== undefined) ? 'healthy' : 'running'}`;
}

/** The steps as they went. Pure. */
export function stepReports(steps: readonly StepResult[]): readonly StepReport[] {
  return steps.map((step) => ({
    host: step.host,
    stage: step.stage,
    text: describe(step.action),
    at: Math.round(step.at),
    took: Math.round(step.took),
    ok: step.ok,
    note: step.note,
  }));
}

/** The steps of a plan that was not carried out. Pure. */
export function plannedSteps(plan: Plan): readonly StepReport[] {
  return STAGES.flatMap((stage) =>
    [...plan.hosts].flatMap(([host, stages]) =>
      (stages[stage] ?? []).map((step) => ({
        host,
        stage,
        text: describe(step.action),
        at: undefined,
        took: undefined,
        ok: undefined,
        note: step.reason,
      })),
    ),
  );
}
