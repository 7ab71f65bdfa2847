import type { Evidence } from '../plan/outcome.ts';
import { code, fence, folded, text } from './markdown.ts';

/** Why containers failed, for the summary: those in trouble are shown, those that only went with them are folded. Pure. */
export function evidenceOf(evidence: readonly Evidence[]): string {
  const shown = evidence.filter(isInTrouble);
  const others = evidence.filter((each) => !shown.includes(each));
  const parts = shown.map(blockOf);
  if (others.length > 0) {
    const title =
      shown.length > 0
        ? 'Logs of the other containers that were stopped'
        : 'Logs of the containers that were stopped';
    parts.push(folded(`${title} (${others.length})`, others.map(blockOf).join('\n\n')));
  }
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
  return `**${text(evidence.service)}** on ${code(evidence.host)}: ${text(marksOf(evidence))}\n\n${fence(lines.length === 0 ? ['(no output)'] : lines)}`;
}
