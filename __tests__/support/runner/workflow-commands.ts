/** A workflow command as the runner finds it in a line of stdout or stderr. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * Reads a line as the runner does (actions/runner, ActionCommand.cs): `::name key=value::message` at the start of a line,
 * or the older `##[name key=value]message` anywhere in it. What the app prints is a command too, if nothing stops it.
 *
 * @returns undefined for a line that is no command
 */
export function parseCommand(line: string): WorkflowCommand | undefined {
  const trimmed = line.trimStart();
  const now = /^::(?<head>.*?)::(?<message>.*)$/s.exec(trimmed);
  if (now?.groups !== undefined) {
    return command(now.groups['head'] ?? '', now.groups['message'] ?? '', ',', NOW);
  }
  const older = /##\[(?<head>[^\]]*)\](?<message>.*)$/s.exec(trimmed);
  if (older?.groups !== undefined) {
    return command(older.groups['head'] ?? '', older.groups['message'] ?? '', ';', OLDER);
  }
  return undefined;
}

/** The commands that the runner acts on; any other is printed as it is. */
export const KNOWN: ReadonlySet<string> = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

/** Escapes by form, in the order in which they are taken back: `%25` last, or `%250A` would become a line break. */
const NOW = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%3A', ':'],
  ['%2C', ','],
  ['%25', '%'],
] as const;
const OLDER = [
  ['%3B', ';'],
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%5D', ']'],
  ['%25', '%'],
] as const;

function command(
  head: string,
  message: string,
  separator: string,
  escapes: typeof NOW | typeof OLDER,
): WorkflowCommand {
  const space = head.indexOf(' ');
  const name = space < 0 ? head : head.slice(0, space);
  const properties: Record<string, string> = {};
  for (const part of space < 0 ? [] : head.slice(space + 1).split(separator)) {
    const equals = part.indexOf('=');
    if (equals > 0) properties[part.slice(0, equals).trim()] = decode(part.slice(equals + 1), escapes);
  }
  const inMessage = escapes === NOW ? NOW.filter(([code]) => code !== '%3A' && code !== '%2C') : escapes;
  return { name: name.toLowerCase(), properties, message: decode(message, inMessage) };
}

function decode(text: string, escapes: readonly (readonly [string, string])[]): string {
  return escapes.reduce((result, [code, character]) => result.replaceAll(code, character), text);
}
