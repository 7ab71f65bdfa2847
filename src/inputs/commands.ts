import { ConfigurationError } from '../model/errors.ts';
import type { CommandLine } from '../model/request.ts';
import type { Inputs } from './reader.ts';

/** Commands, one a line and in order: `pytest -q`, or `service=command`. */
export function readCommands(
  inputs: Inputs,
  name: 'test' | 'before-release' | 'after-release',
): readonly CommandLine[] {
  return inputs.lines(name).map((line) => {
    const parts = /^(?<service>[A-Za-z0-9._-]+)=(?<command>.*)$/.exec(line)?.groups;
    const service = parts?.['service'] ?? '';
    const command = parts?.['command']?.trim() ?? line;
    if (command === '') throw new ConfigurationError(`${name}: "${line}" gives no command for "${service}".`);
    return { service, command };
  });
}

/** The same by service: lines of one service belong together. */
export function byService(commands: readonly CommandLine[]): ReadonlyMap<string, string> {
  const grouped = new Map<string, string>();
  for (const { service, command } of commands) {
    const earlier = grouped.get(service);
    grouped.set(service, earlier === undefined ? command : `${earlier}\n${command}`);
  }
  return grouped;
}
