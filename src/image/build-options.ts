import { asObject, asStrings } from '../model/json.ts';

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
