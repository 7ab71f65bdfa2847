import { isIncompleteCommand } from '../model/command-line.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { CommandLine } from '../model/request.ts';
import type { Inputs } from './reader.ts';

/**
 * Commands in order, one a line: `pytest -q`, or `service=command`. One goes on over several lines where a quote is open or
 * a line ends with `\`.
 *
 * @throws ConfigurationError naming the input where a service has no command or a command no service.
 */
export function readCommandLines(
  inputs: Inputs,
  name: 'test' | 'before-release' | 'after-release',
): readonly CommandLine[] {
  return joinContinuedLines(inputs.text(name) ?? '').map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts?.['service'] ?? '';
    const command = parts?.['command']?.trim() ?? line;
    if (command === '') throw new ConfigurationError(`${name}: "${line}" gives no command for "${service}".`);
    if (parts !== undefined && service === '') {
      throw new ConfigurationError(
        `${name}: "${line}" names no service before the "=". Write service=command, or the command alone.`,
      );
    }
    return { service, command };
  });
}

/** Lines that say something; those of one command are one, with the line breaks that it has. */
function joinContinuedLines(text: string): readonly string[] {
  const whole: string[] = [];
  let open: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (open === undefined && (line.trim() === '' || line.trim().startsWith('#'))) continue;
    const command: string = open === undefined ? line.trim() : `${open}\n${line.trimEnd()}`;
    open = isIncompleteCommand(command) ? command : undefined;
    if (open === undefined) whole.push(command);
  }
  return open === undefined ? whole : [...whole, open];
}

/** The same by service: commands of one service belong together. */
export function groupByService(commands: readonly CommandLine[]): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, readonly string[]>();
  for (const { service, command } of commands) {
    grouped.set(service, [...(grouped.get(service) ?? []), command]);
  }
  return grouped;
}
