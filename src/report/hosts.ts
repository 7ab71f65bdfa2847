import { messageWithout } from '../model/errors.ts';
import { acceptanceOf } from '../model/history.ts';
import type { HostName, ObservedHost, ObservedRelease } from '../model/host.ts';
import type { ReleaseId } from '../model/release.ts';
import { isWhole, liveRelease } from '../plan/situation.ts';
import type { Plan } from '../plan/steps.ts';
import { STAGES } from '../plan/steps.ts';
import type { Outcome, StepResult } from '../target/outcome.ts';
import type { HostReport, KeptRelease, StepReport } from './report.ts';
import { describe, list } from './words.ts';

/** What became of each host. Pure. */
export function hostReports(
  before: readonly ObservedHost[],
  wanted: ReleaseId,
  outcome: Outcome,
): readonly HostReport[] {
  return before.map((observed) => {
    const { host } = observed;
    const was = liveRelease(observed)?.id;
    const steps = outcome.steps.filter((step) => step.host === host);
    if (outcome.kind === 'done') {
      return { host, was, is: wanted, why: steps.length === 0 ? 'already live' : 'healthy', kept: [] };
    }
    const left = outcome.left.find((failure) => failure.host === host);
    if (left !== undefined) {
      return {
        host,
        was,
        is: undefined,
        why: `COULD NOT BE MOVED BACK: ${messageWithout(host, left.error)}`,
        stuck: true,
        kept: [],
      };
    }
    return { host, was, is: servedAtLast(steps, was), why: whyTurnedBack(host, steps, outcome), kept: [] };
  });
}

/** Where the traffic went last: an interrupted run is mended before anything else, and that is not taken back. */
function servedAtLast(steps: readonly StepResult[], was: ReleaseId | undefined): ReleaseId | undefined {
  const last = steps.findLast(
    ({ action, ok }) => ok && (action.kind === 'switch' || action.kind === 'clear'),
  );
  if (last === undefined) return was;
  return last.action.kind === 'switch' ? last.action.release : undefined;
}

function whyTurnedBack(
  host: HostName,
  steps: readonly StepResult[],
  { failures }: Outcome & { readonly kind: 'turned-back' },
): string {
  const own = failures.find((failure) => failure.host === host);
  if (own !== undefined) return messageWithout(host, own.error);
  if (!steps.some(({ stage }) => stage !== 'pull')) return 'not touched';
  const others = failures.flatMap((failure) => failure.host ?? []);
  return others.length === 0
    ? 'moved back, because url did not answer as expected'
    : `moved back with ${list(others)}`;
}

/** What a host runs, and what it could go back to. Pure. */
export function statusReport(host: ObservedHost): HostReport {
  const live = liveRelease(host);
  const condition = live?.observed === undefined ? 'NOT healthy' : healthOf(host, live.observed);
  const since = live === undefined ? undefined : acceptanceOf(host.history, live.id)?.at;
  const why =
    live === undefined
      ? 'nothing is deployed here'
      : `${live.id} is live${since === undefined ? ', but was never accepted' : ` since ${since}`}, ${condition}`;
  const kept = [...host.releases]
    .map((release) => keptRelease(host, release, release.id === live?.id))
    .sort((one, other) => (other.acceptedAt ?? '').localeCompare(one.acceptedAt ?? ''));
  return { host: host.host, was: live?.id, is: live?.id, why, kept };
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

/** The steps as they went. Pure. */
export function stepReports(steps: readonly StepResult[]): readonly StepReport[] {
  return steps.map((step) => ({
    host: step.host,
    stage: step.stage,
    text: describe(step.action),
    at: Math.round(step.at),
    took: Math.round(step.took),
    ok: step.ok,
    undo: step.undo,
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
        undo: false,
        note: step.reason,
      })),
    ),
  );
}

/** The one release that every host serves; `undefined` when they differ, when none does, or when one is not known. */
export function liveEverywhere(hosts: readonly HostReport[]): ReleaseId | undefined {
  const [first, ...others] = new Set(hosts.map((host) => host.is));
  return others.length === 0 ? first : undefined;
}
