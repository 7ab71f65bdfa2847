import type { Evidence } from '../plan/outcome.ts';
import { code, fence, folded, text } from './markdown.ts';

/** Evidence told apart: containers that were in trouble, and those that only went with them. */
export interface Told {
  readonly shown: readonly Evidence[];
  readonly others: readonly Evidence[];
  /** What to call the others. */
  readonly title: string;
}

/** What a reader wants to see and what to fold away, each by host and container. Pure. */
export function toldApart(evidence: readonly Evidence[]): Told {
  const sorted = evidence.toSorted(
    (one, other) => one.host.localeCompare(other.host) || one.container.localeCompare(other.container),
  );
  const shown = sorted.filter(isInTrouble);
  const others = sorted.filter((each) => !shown.includes(each));
  const of = shown.length > 0 ? 'the other containers' : 'the containers';
  return { shown, others, title: `Logs of ${of} that were stopped (${others.length})` };
}

/** Why containers failed, for the summary. Pure. */
export function evidenceOf(evidence: readonly Evidence[]): string {
  const { shown, others, title } = toldApart(evidence);
  const parts = shown.map(blockOf);
  if (others.length > 0) parts.push(folded(title, others.map(blockOf).join('\n\n')));
  return parts.join('\n\n');
}

function isInTrouble({ state, exitCode, oomKilled, health }: Evidence): boolean {
  return (
    oomKilled ||
    health === 'unhealthy' ||
    (exitCode !== undefined && exitCode !== 0) ||
    state === 'restarting' ||
    state === 'dead'
  );
}

/** `exited, exit code 1, killed for memory`: what a container was found to be. */
export function marksOf(evidence: Evidence): string {
  return [
    evidence.state,
    ...(evidence.exitCode === undefined ? [] : [`exit code ${evidence.exitCode}`]),
    ...(evidence.oomKilled ? ['killed for memory'] : []),
    ...(evidence.health === undefined ? [] : [`HEALTHCHECK ${evidence.health}`]),
  ].join(', ');
}

/** Characters of a line that are shown. */
const WIDTH = 400;

/** A line of a program, as far as it is shown. */
export const cut = (line: string): string => (line.length > WIDTH ? `${line.slice(0, WIDTH)} …` : line);

function blockOf(evidence: Evidence): string {
  const lines = evidence.lastLines.map(cut);
  return `**${text(evidence.service)}** on ${code(evidence.host)} (${code(evidence.container)}): ${text(marksOf(evidence))}\n\n${fence(lines.length === 0 ? ['(no output)'] : lines)}`;
}
