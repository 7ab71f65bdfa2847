import { type OpenQuote, openAtLineEnd } from '../model/command-line.ts';
import type { CommandLine } from '../model/deploy-options.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Inputs } from './reader.ts';

/**
 * Commands in order, one per line: `pytest -q` or `service=command`. A command continues on the next line inside an open
 * quote or after a `\` at the end of a line.
 *
 * @throws ConfigurationError for a service without a command, or `=` without a service before it
 */
export function readCommandLines(
  inputs: Inputs,
  name: 'test' | 'before-release' | 'after-release',
): readonly CommandLine[] {
  return joinContinuedLines(inputs.text(name) ?? '').map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]*)=(?<command>.*)$/s.exec(line)?.groups;
    const service = parts?.['service'] ?? '';
    const command = parts?.['command']?.trim() ?? line;
    const problem =
      command === ''
        ? `has no command for "${service}"`
        : parts !== undefined && service === ''
          ? 'has no service before the "="'
          : undefined;
    if (problem === undefined) return { service, command };
    throw new ConfigurationError(`${name}: "${line}" ${problem}. Write service=command or only the command.`);
  });
}

/** The commands, without empty lines and comments between them. A command keeps its own line breaks. */
function joinContinuedLines(text: string): readonly string[] {
  const commands: string[] = [];
  let command: string[] = [];
  let open: OpenQuote;
  for (const line of text.split(/\r?\n/)) {
    if (open === undefined && (line.trim() === '' || line.trim().startsWith('#'))) continue;
    const part = open === undefined ? line.trim() : line.trimEnd();
    open = openAtLineEnd(part, open);
    command.push(part);
    if (open !== undefined) continue;
    commands.push(command.join('\n'));
    command = [];
  }
  return open === undefined ? commands : [...commands, command.join('\n')];
}

/** The commands of each service in their order. */
export function groupByService(commands: readonly CommandLine[]): ReadonlyMap<string, readonly string[]> {
  const services = Map.groupBy(commands, ({ service }) => service);
  return new Map([...services].map(([service, lines]) => [service, lines.map(({ command }) => command)]));
}
