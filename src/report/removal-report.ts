import { formatDuration } from '../model/duration.ts';
import { messageWithoutHost } from '../model/errors.ts';
import type { HostName } from '../model/identifiers.ts';
import { oneLine } from '../model/plain-text.ts';
import { joinWithAnd } from '../model/text.ts';
import { type HostRemoval, type RemovalStep, removalText } from '../plan/removal.ts';
import type { ReportedFailure } from './failures.ts';
import type { RemovalHost } from './host-report.ts';
import { padHost } from './log-lines.ts';
import { codeBlock, detailsBlock } from './markdown.ts';
import type { RemovalReport } from './report.ts';
import type { StepReport } from './step-report.ts';
import { NOTHING_CHANGED_TEXT } from './text-format.ts';

/** How a removal ended, for the log and the report. Pure. */

/** The part of the report that a removal fills in. */
type RemovalResult = Pick<RemovalReport, 'result' | 'state' | 'hosts' | 'steps'>;

/**
 * @param hosts all hosts of the environment, in the order of the input
 * @param removals of the hosts that could be used
 * @param failures why others could not
 */
export function removalReport(
  project: string,
  hosts: readonly HostName[],
  removals: readonly HostRemoval[],
  failures: readonly ReportedFailure[],
  dryRun: boolean,
): RemovalResult {
  const reports = hosts.map((host): RemovalHost => {
    const removal = removals.find((each) => each.host === host);
    if (removal !== undefined) return hostReport(removal, dryRun);
    const failure = failures.find((each) => each.host === host);
    const why = messageWithoutHost(host, failure?.error);
    return { host, was: undefined, is: undefined, unknown: true, why };
  });
  const steps = removals.flatMap((removal) => stepReportsOf(removal, dryRun));
  const incomplete = hosts.filter(
    (host) => !removals.some((each) => each.host === host && each.error === undefined),
  );
  const base = { hosts: reports, steps };
  if (incomplete.length > 0) {
    const complete = hosts.filter((host) => !incomplete.includes(host));
    return { ...base, result: 'failed', state: incompleteText(project, complete, incomplete, dryRun) };
  }
  if (steps.length === 0)
    return { ...base, result: 'unchanged', state: `Nothing to remove: ${project} is not there.` };
  return dryRun
    ? { ...base, result: 'planned', state: NOTHING_CHANGED_TEXT }
    : { ...base, result: 'removed', state: `${project} was removed.` };
}

function incompleteText(
  project: string,
  complete: readonly HostName[],
  incomplete: readonly HostName[],
  dryRun: boolean,
): string {
  if (dryRun) return NOTHING_CHANGED_TEXT;
  const removed = complete.length === 0 ? '' : `${project} is gone from ${joinWithAnd(complete)}. `;
  return `${removed}All or a part of it may still be on ${joinWithAnd(incomplete)}: when the cause is gone, run this again.`;
}

function hostReport(
  { host, live, planned, steps, error, keptVolumes }: HostRemoval,
  dryRun: boolean,
): RemovalHost {
  const before = { host, was: live, is: live };
  if (error !== undefined) {
    const why = messageWithoutHost(host, error);
    return steps.length === 0 ? { ...before, why } : { ...before, is: undefined, unknown: true, why };
  }
  const after = keptVolumes.length === 0 ? before : { ...before, keptVolumes };
  if (planned.length === 0) return { ...after, why: 'nothing to remove' };
  return dryRun ? { ...after, why: 'would be removed' } : { ...after, is: undefined, why: 'removed' };
}

function stepReportsOf({ host, planned, steps, error }: HostRemoval, dryRun: boolean): readonly StepReport[] {
  const common = { host, stage: 'remove', undo: false } as const;
  if (dryRun) {
    const notRun = { startMs: undefined, durationMs: undefined, ok: undefined, note: undefined };
    return planned.map((action) => ({ ...common, ...notRun, text: removalText(action) }));
  }
  return steps.map(({ action, at, took, ok, note }) => ({
    ...common,
    text: removalText(action),
    startMs: Math.round(at),
    durationMs: Math.round(took),
    ok,
    note: ok ? note : messageWithoutHost(host, error),
  }));
}

/** A step that has ended. */
export function removalStepLine(
  host: HostName,
  { action, took, ok, note }: RemovalStep,
  error: unknown,
  hosts: readonly HostName[],
): string {
  const result = ok ? note : messageWithoutHost(host, error);
  return `${ok ? '✓' : '✗'} ${padHost(host, hosts)}  ${removalText(action)}  ${formatDuration(took)}${result === undefined ? '' : `  ${oneLine(result)}`}`;
}

/** What would be done on each host, or that there is nothing to do. */
export function removalPlanLines(removals: readonly HostRemoval[]): readonly string[] {
  const hosts = removals.map(({ host }) => host);
  return removals.flatMap(({ host, planned }) =>
    (planned.length === 0 ? ['nothing to remove'] : planned.map(removalText)).map(
      (text) => `  ${padHost(host, hosts)}  ${text}`,
    ),
  );
}

/** The volumes that stay on each host, and the command that removes them. */
export function keptVolumesLines(hosts: readonly RemovalHost[]): readonly string[] {
  return hosts.flatMap(({ host, keptVolumes = [], removeVolumesBy }) =>
    keptVolumes.length === 0
      ? []
      : [
          `${host}  volumes that stay, with all data: ${joinWithAnd(keptVolumes)}`,
          removeVolumesBy === undefined
            ? `  To remove them, run this on the host: ${removeCommand(keptVolumes)}`
            : `  To remove them: ${removeVolumesBy}`,
        ],
  );
}

/** The same for the summary, collapsed. */
export function keptVolumesDetails(hosts: readonly RemovalHost[]): string {
  const keeping = hosts.filter(({ keptVolumes = [] }) => keptVolumes.length > 0);
  if (keeping.length === 0) return '';
  const lines = keeping.flatMap(({ host, keptVolumes = [], removeVolumesBy }) => [
    `# ${host}`,
    removeVolumesBy ?? removeCommand(keptVolumes),
  ]);
  return detailsBlock(
    'Volumes that stay, with all data',
    `These commands remove them. Or use \`remove-volumes: true\` next time.\n\n${codeBlock(lines, 'sh')}`,
  );
}

const removeCommand = (volumes: readonly string[]): string => `docker volume rm ${volumes.join(' ')}`;
