import { shorten } from '../model/plain-text.ts';
import type { Evidence } from '../plan/outcome.ts';
import { codeBlock, codeSpan, markdownText } from './markdown.ts';

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
/** The last lines say most. */
const MAX_LINES = 100;

/** The output of a program as a code block; empty if there is none. Pure. */
export function outputBlock(output: readonly string[]): string {
  if (output.length === 0) return '';
  const lines = output.flatMap((line) => line.split('\n'));
  const last = lines.slice(-MAX_LINES).map((line) => shorten(line, MAX_LINE_LENGTH));
  return codeBlock(
    lines.length > last.length ? [`… ${lines.length - last.length} lines more`, ...last] : last,
  );
}

/** Why a container failed, for the summary. Pure. */
export function evidenceBlock(evidence: Evidence): string {
  const { service, host, container, lastLines } = evidence;
  const output = outputBlock(lastLines.length === 0 ? ['(no output)'] : lastLines);
  return `**${markdownText(service)}** on ${codeSpan(host)} (${codeSpan(container)}): **${markdownText(evidenceStateText(evidence))}**. Its last lines:\n\n${output}`;
}
