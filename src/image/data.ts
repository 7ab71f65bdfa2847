import type { ComposeObject } from '../model/release.ts';

/** Readers of plain data whose shape a specification gives, not a type; and of lines of `KEY=VALUE`. */

/** Whether it is a mapping: neither a list nor `null`. */
export function isObject(value: unknown): value is ComposeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping, or an empty one for anything else. */
export function asObject(value: unknown): ComposeObject {
  return isObject(value) ? value : {};
}

/** The list, or an empty one for anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The strings of a list; whatever else is in it is left out. */
export function asStrings(value: unknown): readonly string[] {
  return asList(value).filter((each) => typeof each === 'string');
}

/** A string that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A mapping, or lines of `KEY=VALUE`, with strings as values; a key without a value is left out. */
export function asStringMap(value: unknown): Record<string, string> {
  if (Array.isArray(value)) return parseArgs(value);
  return Object.fromEntries(
    Object.entries(asObject(value)).flatMap(([key, each]) =>
      each === null || each === undefined ? [] : [[key, String(each)]],
    ),
  );
}

/** An argument without a value is one that is not set where Compose ran. */
export function parseArgs(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return asStringMap(value);
  return Object.fromEntries(
    asStrings(value)
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Lines of `KEY=VALUE` as a mapping, the last of a key counts. */
export function parseKeyValues(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map(splitKeyValue));
}

/** `KEY=VALUE` taken apart at the first `=`; without one the value is empty. */
export function splitKeyValue(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}

/** `name:address` or `name=address`; an address may hold colons. */
export function parseExtraHosts(lines: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of lines) {
    const parts = /^(?<name>[^:=]+)[:=](?<address>.+)$/.exec(line)?.groups;
    const name = parts?.['name'];
    const address = parts?.['address'];
    if (name === undefined || address === undefined) continue;
    found[name] = found[name] === undefined ? address : `${found[name]},${address}`;
  }
  return found;
}

/** `true`, `false` or attributes. */
export function attestOptions(kind: 'provenance' | 'sbom', value: string | undefined): readonly string[] {
  if (value === undefined || value === '') return [];
  if (value === 'true') return [`type=${kind}`];
  return [value === 'false' ? `type=${kind},disabled=true` : `type=${kind},${value}`];
}
