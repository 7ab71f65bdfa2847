import { formatDuration } from '../model/duration.ts';
import { messageOf, messageWithoutHost, SealiftError } from '../model/errors.ts';
import type { HostName } from '../model/host.ts';
import { isPlaceholder, type PinnedImage, repositoryOf } from '../model/image.ts';
import type { Release } from '../model/release.ts';
import { isEmptyPlan, stagesOf } from '../plan/fleet.ts';
import type { Evidence, StepResult } from '../plan/outcome.ts';
import { type Action, type Plan, type StageName, WAVE_STAGES } from '../plan/steps.ts';
import {
  actionText,
  joinWithAnd,
  NOT_BUILT_TEXT,
  ROLL_BACK_TITLE,
  STAGE_TITLES,
  sentence,
} from './action-text.ts';
import { downtimeText } from './downtime.ts';
import { evidenceStateText } from './evidence.ts';
import { oneLine, plainText } from './plain-text.ts';
import type { HostReport } from './report.ts';

/** Lines of the log about plans, steps and failures. Pure. */

/** A plan: the services with their roles, the waves, then the steps by stage; hosts that do the same share them. */
export function planLines(plan: Plan, release: Release): readonly string[] {
  const services = Object.values(release.services).map(
    (service) =>
      `  ${service.name}: ${service.role}${service.because === undefined ? '' : ` (${service.because})`}, ${imageText(service.image)}`,
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmptyPlan(plan)) return head;
  const steps = stagesOf(plan).flatMap((stage) => [
    `${STAGE_TITLES[stage]}:`,
    ...groupAlikeHosts(plan, stage).flatMap(({ hosts, texts }) =>
      texts.map((text) => `  ${hostsText(hosts, plan)}  ${text}`),
    ),
  ]);
  const waves = plan.waves.map((hosts, index) => `  ${index + 1}. ${joinWithAnd(hosts)}`);
  return [...head, ...(waves.length > 1 ? ['Waves:', ...waves] : []), ...steps];
}

/** Hosts with the same steps in a stage. */
function groupAlikeHosts(
  { hosts }: Plan,
  stage: StageName,
): readonly { readonly hosts: readonly HostName[]; readonly texts: readonly string[] }[] {
  const groups = new Map<string, { hosts: HostName[]; texts: readonly string[] }>();
  for (const [host, stages] of hosts) {
    const texts = (stages[stage] ?? []).map(({ action, reason }) =>
      reason === undefined ? actionText(action) : `${actionText(action)} (${reason})`,
    );
    const key = JSON.stringify(texts);
    const group = groups.get(key) ?? { hosts: [], texts };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const hostsText = (hosts: readonly HostName[], plan: Plan): string =>
  hosts.length > 1 && hosts.length === plan.hosts.size ? `all ${hosts.length} hosts` : joinWithAnd(hosts);

/**
 * One step as it ended: mark (`↶` for one that takes back, `–` for one that was ended because another host failed), host,
 * what, how long, what was found.
 * @param hosts all of the plan's: their names are one column
 */
export function stepLine(result: StepResult, error: unknown, hosts: readonly HostName[] = []): string {
  const { host, ok, aborted: ended, undo, action, took } = result;
  const found = error === undefined ? result.note : messageWithoutHost(host, error);
  const mark = ok ? (undo ? '↶' : '✓') : ended ? '–' : '✗';
  return `${mark} ${padHost(host, hosts)}  ${actionText(action)}  ${formatDuration(took)}${found === undefined ? '' : `  ${oneLine(found)}`}`;
}

/** Milliseconds; what is over sooner is told when it is. */
const LONG_WATCH = 10_000;

/** A step that lasts as long as it was told to, as it begins. */
export function stepStartLine(
  host: HostName,
  action: Action,
  hosts: readonly HostName[] = [],
): string | undefined {
  const isLong =
    action.kind === 'run-hook' || (action.kind === 'watch-release' && action.duration >= LONG_WATCH);
  return isLong ? `… ${padHost(host, hosts)}  ${actionText(action)}` : undefined;
}

/**
 * What the following steps are about: the stage, where not all hosts go together who, and when.
 * @param elapsed milliseconds since the plan began
 */
export function stageLine(
  stage: StageName | 'roll-back',
  on: readonly HostName[],
  { waves, hosts }: Plan,
  elapsed = 0,
): string {
  const title = stage === 'roll-back' ? ROLL_BACK_TITLE : STAGE_TITLES[stage];
  const wave = waves.findIndex((each) => on.some((host) => each.includes(host)));
  const moves = stage !== 'roll-back' && WAVE_STAGES.includes(stage) && waves.length > 1;
  const which = moves ? ` (wave ${wave + 1} of ${waves.length}: ${joinWithAnd(waves[wave] ?? [])})` : '';
  const when = elapsed < 1000 ? '' : `  after ${formatDuration(elapsed)}`;
  return `${title}${which || (on.length < hosts.size ? ` (${joinWithAnd(on)})` : '')}:${when}`;
}

const imageText = (image: PinnedImage): string =>
  isPlaceholder(image) ? `${repositoryOf(image)} (${NOT_BUILT_TEXT})` : image;

const padHost = (host: HostName, hosts: readonly HostName[]): string =>
  host.padEnd(Math.max(0, ...hosts.map(({ length }) => length)));

/** Where and for how long nothing answered. */
export function downtimeLines(hosts: readonly HostReport[]): readonly string[] {
  return hosts.flatMap(({ host, downtime }) =>
    downtime === undefined ? [] : [`${host}  ${downtimeText(downtime)}`],
  );
}

/** What each host serves after a run that failed, and why, where there are several. */
export function hostLines(hosts: readonly HostReport[]): readonly string[] {
  if (hosts.length < 2) return [];
  const names = hosts.map(({ host }) => host);
  return hosts.map(({ host, was, is, why, unknown }) => {
    const serves = unknown ? 'NOT KNOWN' : (is ?? 'nothing');
    return `${padHost(host, names)}  before: ${was ?? 'nothing'}, now: ${serves}  ${oneLine(why)}`;
  });
}

/** Why a container failed. */
export function evidenceLines(evidence: Evidence): readonly string[] {
  const lines = evidence.lastLines.length === 0 ? ['(no output)'] : evidence.lastLines;
  return [
    `${evidence.host}  ${evidence.container} (${evidenceStateText(evidence)}), its last lines:`,
    ...indented(lines),
  ];
}

/** What a failed job says. */
export interface FailureText {
  /** One sentence or more: what failed, where, what to change. */
  readonly cause: string;
  /** The cause and the state that things are in: the annotation. */
  readonly headline: string;
  /** What was seen. */
  readonly details: readonly string[];
  /** The same for the log, but for what it has already. */
  readonly lines: readonly string[];
}

/** A failure in words, from what was thrown and the state that things were left in. Pure. */
export function failureText(error: unknown, state: string): FailureText {
  const cause = sentence(messageOf(error));
  const headline = `${cause} ${state}`;
  if (!(error instanceof SealiftError)) return { cause, headline, details: [], lines: [] };
  const { evidence, alreadyLogged: told } = error;
  return { cause, headline, details: evidence, lines: told ? [] : indented(evidence) };
}

/** What programs said, told apart from what Sealift says. */
function indented(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => plainText(line).split('\n')).map((line) => `  │ ${line}`);
}
