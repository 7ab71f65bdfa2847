import { plainText } from '../model/plain-text.ts';

/** Output of a program as lines of the log, marked so that nobody takes them for Sealift's own. */
export function quoteOutput(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => plainText(line).split('\n')).map((line) => `  │ ${line}`);
}

/**
 * Text for the job's log in which the runner finds no command. It obeys `::name::` at the start of a line and `##[name]`
 * anywhere in it, whoever printed it (actions/runner, ActionCommand.cs), and breaks lines at a lone CR as well.
 */
export function escapeWorkflowCommands(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '# #['))
    .join('\n');
}
