import { formatDuration } from '../model/duration.ts';
import { messageOf, SealiftError } from '../model/errors.ts';
import type { Release } from '../model/release.ts';
import { isEmpty, stagesOf } from '../plan/fleet.ts';
import type { Plan } from '../plan/steps.ts';
import type { Evidence, StepResult } from '../target/outcome.ts';
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

/** One step as it ended: mark, host, what, how long, what was found. */
export function stepLine(result: StepResult, error: unknown): string {
  const found = error === undefined ? result.note : messageOf(error);
  return `${result.ok ? '✓' : '✗'} ${result.host}  ${describe(result.action)}  ${formatDuration(result.took)}${found === undefined ? '' : `  ${found}`}`;
}

/** Why a container failed. */
export function evidenceLines(evidence: Evidence): readonly string[] {
  const marks = [
    evidence.state,
    ...(evidence.exitCode === undefined ? [] : [`exit code ${evidence.exitCode}`]),
    ...(evidence.oomKilled ? ['killed for memory'] : []),
    ...(evidence.health === undefined ? [] : [`HEALTHCHECK ${evidence.health}`]),
  ];
  const lines = evidence.lastLines.length === 0 ? ['(no output)'] : evidence.lastLines;
  return [
    `${evidence.host}  ${evidence.container} (${marks.join(', ')}), its last lines:`,
    ...lines.map((line) => `  │ ${line}`),
  ];
}

/** What a failed job says: the cause, the evidence, the state. The first line becomes the annotation. */
export function failureLines(
  error: unknown,
  state: string,
): { readonly headline: string; readonly details: readonly string[] } {
  const evidence = error instanceof SealiftError ? error.evidence.map((line) => `  │ ${line}`) : [];
  return { headline: `${messageOf(error)} ${state}`, details: evidence };
}
