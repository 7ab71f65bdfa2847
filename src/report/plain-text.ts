import { stripVTControlCharacters } from 'node:util';

/** Text that turns the direction of what follows, to make it read as something else. */
const BIDI = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/** What programs print, without colours, cursor movements and other characters that are not to be seen. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(BIDI, '').replace(CONTROLS, '');
}

/** The same as one line. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/**
 * Lines for the job's log that the runner does not take for commands. It obeys `::name::` at the start of a line and
 * `##[name]` anywhere in it, whoever printed it (actions/runner, ActionCommand.cs), and breaks lines at a lone CR as well.
 */
export function escapeWorkflowCommands(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n');
}
