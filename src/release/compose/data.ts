import type { ComposeConfig, ComposeObject } from '../../model/release.ts';

/** Readers of plain data whose shape the Compose specification gives, not a type. */

/** Whether it is a mapping: neither a list nor `null`. */
export function isObject(value: unknown): value is ComposeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one for anything else: absent and `null` mean the same in Compose. */
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

/** A number; Compose writes some as strings. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** A copy without some keys. */
export function withoutKeys(data: ComposeObject, ...keys: readonly string[]): ComposeObject {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/** Drops what is `undefined`, so that equal configs have equal JSON. */
export function withoutUndefined(data: ComposeObject): ComposeObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

/** Picks entries of a record by key. */
export function pickKeys<T>(data: Readonly<Record<string, T>>, keys: Iterable<string>): Record<string, T> {
  const wanted = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => wanted.has(key)));
}

/** A copy with each value made anew. */
export function mapValues<T, U>(
  data: Readonly<Record<string, T>>,
  of: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, of(value, key)]));
}

/** `docker compose config` doubles every `$`, so that its output can be fed to Compose again; this takes it back. */
export function unescapeDollars(value: string): string {
  return value.replaceAll('$$', '$');
}

/** What `docker compose config --format json` printed. */
export function parseComposeConfig(json: string): ComposeConfig {
  const data = asObject(JSON.parse(json));
  const objects = (key: string) => mapValues(asObject(data[key]), asObject);
  return {
    services: objects('services'),
    networks: objects('networks'),
    volumes: objects('volumes'),
    secrets: objects('secrets'),
    configs: objects('configs'),
  };
}
