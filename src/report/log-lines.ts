import { formatDuration } from '../model/duration.ts';
import { messageWithoutHost } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from '../model/image.ts';
import { oneLine } from '../model/plain-text.ts';
import type { Release } from '../model/release.ts';
import { joinWithAnd } from '../model/text.ts';
import { type Action, actionText, isLongAction } from '../plan/actions.ts';
import { isEmptyPlan, stagesOf } from '../plan/fleet.ts';
import type { Evidence, StepResult, WaitNote } from '../plan/outcome.ts';
import { type Plan, type StageName, WAVE_STAGES } from '../plan/plan.ts';
import { downtimeText } from './downtime.ts';
import { evidenceStateText } from './evidence.ts';
import type { DeploymentHost, HostReport } from './host-report.ts';
import { quoteOutput } from './log-text.ts';
import { NOT_BUILT_TEXT, stageTitle } from './text-format.ts';

/** Lines of the log about plans, steps and hosts. Pure. */

/**
 * A plan: the services with their roles, the waves, then the steps by stage. Hosts with the same steps share lines.
 * @param withSteps whether to name the steps; each is a line of its own when it runs
 */
export function planLines(plan: Plan, release: Release, withSteps = true): readonly string[] {
  const services = Object.values(release.services).map(
    ({ name, role, exclusiveReason, image }) =>
      `  ${name}: ${role}${exclusiveReason === undefined ? '' : ` (${exclusiveReason})`}, ${imageText(image)}`,
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmptyPlan(plan)) return head;
  const waves = plan.waves.map((hosts, index) => `  ${index + 1}. ${joinWithAnd(hosts)}`);
  const stages = withSteps ? stagesOf(plan) : [];
  const steps = stages.flatMap((stage) => [`${stageTitle(stage)}:`, ...stepTexts(plan, stage)]);
  return [...head, ...(waves.length > 1 ? ['Waves:', ...waves] : []), ...steps];
}

function stepTexts(plan: Plan, stage: StageName): readonly string[] {
  const hostsByTexts = new Map<string, HostName[]>();
  for (const [host, stages] of plan.hosts) {
    const texts = (stages[stage] ?? [])
      .map(({ action, reason }) => `${actionText(action)}${reason === undefined ? '' : ` (${reason})`}`)
      .join('\n');
    if (texts !== '') hostsByTexts.set(texts, [...(hostsByTexts.get(texts) ?? []), host]);
  }
  return [...hostsByTexts].flatMap(([texts, hosts]) =>
    texts.split('\n').map((text) => `  ${hostsText(hosts, plan)}  ${text}`),
  );
}

const hostsText = (hosts: readonly HostName[], plan: Plan): string =>
  hosts.length > 1 && hosts.length === plan.hosts.size ? `all ${hosts.length} hosts` : joinWithAnd(hosts);

/**
 * A step that has ended: mark (`↶` undo, `–` aborted because another host failed), host, action, duration, result.
 * @param hosts all hosts of the plan: their names are one column
 */
export function stepLine(result: StepResult, error: unknown, hosts: readonly HostName[] = []): string {
  const { host, ok, aborted, undo, action, took } = result;
  const note = error === undefined ? result.note : messageWithoutHost(host, error);
  const mark = ok ? (undo ? '↶' : '✓') : aborted ? '–' : '✗';
  return `${mark} ${padHost(host, hosts)}  ${actionText(action)}  ${formatDuration(took)}${note === undefined ? '' : `  ${oneLine(note)}`}`;
}

/** A step that starts and takes long. */
export const stepStartLine = (
  host: HostName,
  action: Action,
  hosts: readonly HostName[] = [],
): string | undefined => (isLongAction(action) ? `… ${stepText(host, action, hosts)}` : undefined);

/** A step that still waits: for how long, how long it may wait, what was seen last. */
export const waitLine = (what: string, { elapsed, limit, seen }: WaitNote): string => {
  const time = `${formatDuration(elapsed)}${limit === undefined ? '' : ` of ${formatDuration(limit)}`}`;
  return `… ${what}  ${time}${seen === undefined ? '' : `  ${oneLine(seen)}`}`;
};

/** A host and what is done there, in columns. */
export const stepText = (host: HostName, action: Action, hosts: readonly HostName[] = []): string =>
  `${padHost(host, hosts)}  ${actionText(action)}`;

/**
 * The heading of the steps that follow: the stage, its hosts if these are not all, and the time.
 * @param elapsed milliseconds since the plan began
 */
export function stageLine(
  stage: StageName | 'roll-back',
  on: readonly HostName[],
  { waves, hosts }: Plan,
  elapsed = 0,
): string {
  const wave = waves.findIndex((each) => on.some((host) => each.includes(host)));
  const inWaves = stage !== 'roll-back' && WAVE_STAGES.includes(stage) && waves.length > 1;
  const which = inWaves
    ? ` (wave ${wave + 1} of ${waves.length}: ${joinWithAnd(waves[wave] ?? [])})`
    : on.length < hosts.size
      ? ` (${joinWithAnd(on)})`
      : '';
  return `${stageTitle(stage)}${which}:${elapsed < 1000 ? '' : `  after ${formatDuration(elapsed)}`}`;
}

const imageText = (image: PinnedImage): string =>
  isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image;

export const padHost = (host: HostName, hosts: readonly HostName[]): string =>
  host.padEnd(Math.max(0, ...hosts.map(({ length }) => length)));

/** Where and for how long services did not answer. */
export function downtimeLines(hosts: readonly DeploymentHost[]): readonly string[] {
  return hosts.flatMap(({ host, downtime }) =>
    downtime === undefined ? [] : [`${host}  ${downtimeText(downtime)}`],
  );
}

/** What each host serves after a failed run, and why. Nothing for a single host: the error says it. */
export function hostLines(hosts: readonly HostReport[]): readonly string[] {
  if (hosts.length < 2) return [];
  const names = hosts.map(({ host }) => host);
  return hosts.map(({ host, was = 'nothing', is = 'nothing', why, unknown }) => {
    const now = unknown ? 'UNKNOWN' : is;
    return `${padHost(host, names)}  before: ${was}, now: ${now}  ${oneLine(why)}`;
  });
}

/** Why a container failed. */
export function evidenceLines(evidence: Evidence): readonly string[] {
  const { host, container, lastLines } = evidence;
  return [
    `${host}  ${container} (${evidenceStateText(evidence)}), last lines:`,
    ...quoteOutput(lastLines.length === 0 ? ['(no output)'] : lastLines),
  ];
}
