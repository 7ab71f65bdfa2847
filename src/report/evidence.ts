import type { Evidence } from '../plan/outcome.ts';
import { codeBlock, codeSpan, detailsBlock, markdownText } from './markdown.ts';

/** Evidence told apart: containers that were in trouble, and those that only went with them. */
export interface SplitEvidence {
  readonly shown: readonly Evidence[];
  readonly others: readonly Evidence[];
  /** What to call the others. */
  readonly title: string;
}

/** What a reader wants to see and what to fold away, each by host and container. Pure. */
export function splitEvidence(evidence: readonly Evidence[]): SplitEvidence {
  const sorted = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container),
  );
  const shown = sorted.filter(isFailing);
  const others = sorted.filter((each) => !shown.includes(each));
  const of = shown.length > 0 ? 'the other containers' : 'the containers';
  return { shown, others, title: `Logs of ${of} that were stopped (${others.length})` };
}

/** Why containers failed, for the summary. Pure. */
export function evidenceMarkdown(evidence: readonly Evidence[]): string {
  const { shown, others, title } = splitEvidence(evidence);
  const parts = shown.map(evidenceBlock);
  if (others.length > 0) parts.push(detailsBlock(title, others.map(evidenceBlock).join('\n\n')));
  return parts.join('\n\n');
}

function isFailing({ state, exitCode, oomKilled, health }: Evidence): boolean {
  return (
    oomKilled ||
    health === 'unhealthy' ||
    (exitCode !== undefined && exitCode !== 0) ||
    state === 'restarting' ||
    state === 'dead'
  );
}

/** `exited, exit code 1, killed for memory`: what a container was found to be. */
export function evidenceStateText(evidence: Evidence): string {
  return [
    evidence.state,
    ...(evidence.exitCode === undefined ? [] : [`exit code ${evidence.exitCode}`]),
    ...(evidence.oomKilled ? ['killed for memory'] : []),
    ...(evidence.health === undefined ? [] : [`HEALTHCHECK ${evidence.health}`]),
  ].join(', ');
}

/** Characters of a line that are shown. */
const MAX_LINE_LENGTH = 400;

/** A line of a program, as far as it is shown. */
export const truncateLine = (line: string): string =>
  line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} …` : line;

function evidenceBlock(evidence: Evidence): string {
  const lines = evidence.lastLines.map(truncateLine);
  return `**${markdownText(evidence.service)}** on ${codeSpan(evidence.host)} (${codeSpan(evidence.container)}): ${markdownText(evidenceStateText(evidence))}\n\n${codeBlock(lines.length === 0 ? ['(no output)'] : lines)}`;
}
