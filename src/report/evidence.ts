import type { Evidence } from '../plan/outcome.ts';
import { codeBlock, codeSpan, detailsBlock, markdownText } from './markdown.ts';

/** Evidence in two parts: of containers that failed, and of others that were stopped with them. */
export interface SplitEvidence {
  readonly shown: readonly Evidence[];
  readonly others: readonly Evidence[];
  /** For the others. */
  readonly title: string;
}

/** What to show and what to collapse, each sorted by host and container. Pure. */
export function splitEvidence(evidence: readonly Evidence[]): SplitEvidence {
  const sorted = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container),
  );
  const shown = sorted.filter(isFailing);
  const others = sorted.filter((each) => !isFailing(each));
  const which = shown.length > 0 ? 'the other containers' : 'the containers';
  return { shown, others, title: `Logs of ${which} that were stopped (${others.length})` };
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

/** The state that a container was found in: `exited, exit code 1, out of memory`. */
export function evidenceStateText({ state, exitCode, oomKilled, health }: Evidence): string {
  return [
    state,
    ...(exitCode === undefined ? [] : [`exit code ${exitCode}`]),
    ...(oomKilled ? ['out of memory'] : []),
    ...(health === undefined ? [] : [`HEALTHCHECK ${health}`]),
  ].join(', ');
}

/** In characters. */
const MAX_LINE_LENGTH = 400;

/** A line of output, cut to the length that a summary shows. */
export const truncateLine = (line: string): string =>
  line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)} …` : line;

function evidenceBlock(evidence: Evidence): string {
  const lines = evidence.lastLines.map(truncateLine);
  return `**${markdownText(evidence.service)}** on ${codeSpan(evidence.host)} (${codeSpan(evidence.container)}): ${markdownText(evidenceStateText(evidence))}\n\n${codeBlock(lines.length === 0 ? ['(no output)'] : lines)}`;
}
