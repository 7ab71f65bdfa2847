import { isObject } from '../model/json.ts';

/**
 * Reads the engine's JSON, field by field. Engines leave out what is empty (and send null for empty lists and maps), so
 * what is absent reads as empty; what is needed is checked where it is needed.
 */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    this.#value = isObject(value) ? value : {};
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
    const value = this.#value[key];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** A map from text to text; other values are left out. */
  map(key: string): Readonly<Record<string, string>> {
    const value = this.#value[key];
    if (!isObject(value)) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  }

  /** Some of it as it is; what is absent is left out. */
  pick(...keys: readonly string[]): Readonly<Record<string, unknown>> {
    return Object.fromEntries(keys.filter((key) => this.has(key)).map((key) => [key, this.#value[key]]));
  }

  entries(key: string): readonly (readonly [string, Fields])[] {
    const value = this.#value[key];
    return isObject(value)
      ? Object.entries(value).map(([name, item]) => [name, new Fields(item)] as const)
      : [];
  }
}

/** A JSON list as fields of each item. */
export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map((item) => new Fields(item)) : [];
}
