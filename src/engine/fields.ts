import { asList, asObject, asStrings, type JsonObject } from '../model/json.ts';

/**
 * Reads the fields of the engine's JSON. Engines leave out what is empty, and send null for empty lists and maps. So a missing
 * field reads as empty, and whoever needs it checks that.
 */
export class Fields {
  readonly #value: JsonObject;

  constructor(value: unknown) {
    this.#value = asObject(value);
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  text(key: string): string {
    const value = this.#value[key];
    return typeof value === 'string' ? value : '';
  }

  number(key: string): number {
    const value = this.#value[key];
    return typeof value === 'number' ? value : 0;
  }

  flag(key: string): boolean {
    return this.#value[key] === true;
  }

  object(key: string): Fields {
    return new Fields(this.#value[key]);
  }

  objects(key: string): readonly Fields[] {
    return listOf(this.#value[key]);
  }

  texts(key: string): readonly string[] {
    return asStrings(this.#value[key]);
  }

  /** A map of strings; other values are left out. */
  map(key: string): Readonly<Record<string, string>> {
    const entries = Object.entries(asObject(this.#value[key]));
    return Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }

  /** Some fields unchanged; missing ones are left out. */
  pick(...keys: readonly string[]): JsonObject {
    return Object.fromEntries(keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]));
  }

  entries(key: string): readonly (readonly [string, Fields])[] {
    return Object.entries(asObject(this.#value[key])).map(([name, value]) => [name, new Fields(value)]);
  }
}

/** The items of a JSON list. */
export function listOf(value: unknown): readonly Fields[] {
  return asList(value).map((item) => new Fields(item));
}
