import { formatDuration } from '../model/duration.ts';
import { messageOf, messageWithout, SealiftError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { isEmpty, stagesOf } from '../plan/fleet.ts';
import type { Plan } from '../plan/steps.ts';
import type { Evidence, StepResult } from '../target/outcome.ts';
import { marksOf } from './evidence.ts';
import { oneLine, plain } from './plain.ts';
import { describe, STAGE_TITLES } from './words.ts';

/** Lines of the log about plans, steps and failures. Pure. */

/** A plan: the services with their roles, then the steps by stage and host. */
export function planLines(plan: Plan, release: Release): readonly string[] {
  const services = Object.values(release.services).map(
    (service) =>
      `  ${service.name}: ${service.role}${service.because === undefined ? '' : ` (${service.because})`}, ${service.image}`,
  );
  const head = [`Release ${release.id} of ${release.app} for ${release.environment}`, ...services];
  if (isEmpty(plan)) return head;
  const steps = stagesOf(plan).flatMap((stage) => [
    `${STAGE_TITLES[stage]}:`,
    ...[...plan.hosts].flatMap(([host, stages]) =>
      (stages[stage] ?? []).map((step) => `  ${host}  ${describe(step.action)}`),
    ),
  ]);
  return [...head, ...steps];
}

/** One step as it ended: mark (`↶` for one that takes back), host, what, how long, what was found. */
export function stepLine(result: StepResult, error: unknown): string {
  const { host, ok, undo, action, took } = result;
  const found = error === undefined ? result.note : messageWithout(host, error);
  const mark = ok ? (undo ? '↶' : '✓') : '✗';
  return `${mark} ${host}  ${describe(action)}  ${formatDuration(took)}${found === undefined ? '' : `  ${oneLine(found)}`}`;
}

/** Why a container failed. */
export function evidenceLines(evidence: Evidence): readonly string[] {
  const lines = evidence.lastLines.length === 0 ? ['(no output)'] : evidence.lastLines;
  return [
    `${evidence.host}  ${evidence.container} (${marksOf(evidence)}), its last lines:`,
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
}

export function failureLines(error: unknown, state: string): FailureText {
  const evidence = error instanceof SealiftError ? indented(error.evidence) : [];
  const message = messageOf(error);
  const cause = /[.!?…]$/.test(message) ? message : `${message}.`;
  return { cause, headline: `${cause} ${state}`, details: evidence };
}

/** What programs said, told apart from what Sealift says. */
function indented(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => plain(line).split('\n')).map((line) => `  │ ${line}`);
}
