/** Readers and helpers for plain data whose shape a specification gives, not a type. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether it is a mapping: neither a list nor `null`. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mapping, or an empty one for anything else: absent and `null` mean the same in Compose and in the engine's API. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The list, or an empty one for anything else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The strings of a list; everything else in it is left out. */
export function asStrings(value: unknown): readonly string[] {
  return asList(value).filter((each) => typeof each === 'string');
}

/** A string that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A scalar as people write it, anything else as JSON. `String` fails for a mapping that has a key `toString`. */
export const wordsOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/** Data that no file needs. What is made of data visits it level by level, and each level takes some of the stack. */
export const MAX_LEVELS = 200;

/** Whether lists and mappings are nested in more levels than `MAX_LEVELS`. */
export function isTooDeep(value: unknown, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isTooDeep(each, levels - 1));
}

/** A number; Compose writes some as strings. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** What a text says; `undefined` if it is no JSON. */
export function parseJson(text: string | Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}

/** A copy without some keys. */
export function withoutKeys(data: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

/** A copy without the values that are `undefined`. */
export function withoutUndefined(data: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

/** A copy with some keys only. */
export function pickKeys<T>(data: Readonly<Record<string, T>>, keys: Iterable<string>): Record<string, T> {
  const picked = new Set(keys);
  return Object.fromEntries(Object.entries(data).filter(([key]) => picked.has(key)));
}

/** A copy with a new value for each key. */
export function mapValues<T, U>(
  data: Readonly<Record<string, T>>,
  convert: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, convert(value, key)]));
}

/** A copy in which every string is converted, at any depth and keys too. */
export function mapStrings(value: unknown, convert: (text: string) => string): unknown {
  if (typeof value === 'string') return convert(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, convert));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [convert(key), mapStrings(each, convert)]),
  );
}

/** JSON with sorted keys, so that equal data is equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isObject(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

/** Text as Compose takes it without looking for variables. */
export const escapeDollars = (text: string): string => text.replaceAll('$', '$$$$');

/** Undoes the doubling of `$` in the output of `docker compose config`, which makes it valid input for Compose again. */
export function unescapeDollars(text: string): string {
  return text.replaceAll('$$', '$');
}
