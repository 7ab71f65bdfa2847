import { asObject, canonicalJson, isObject } from '../model/json.ts';

/** Paths below which a value may be a secret: only that it differs is said. */
const HIDDEN =
  /(^|\.)(environment|env|command|args|entrypoint|labels|annotations|test|options|driver_opts)(\.|$)/;

/** Characters of a value. */
const MAX_LENGTH = 80;

/**
 * What differs between two definitions, as lines of `path: before → after`. Values that may be secrets are left out. Pure.
 * @param path of both, for the lines
 */
export function definitionDifferences(before: unknown, after: unknown, path = ''): readonly string[] {
  if (canonicalJson(before ?? null) === canonicalJson(after ?? null)) return [];
  if (HIDDEN.test(path) && !(isObject(before) && isObject(after))) return [path];
  if (isSection(before) && isSection(after)) {
    const [old, given] = [asObject(before), asObject(after)];
    const keys = [...new Set([...Object.keys(old), ...Object.keys(given)])].toSorted((one, other) =>
      one.localeCompare(other),
    );
    return keys.flatMap((key) =>
      definitionDifferences(old[key], given[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (before === undefined) return [`${path}: ${valueText(after)}`];
  return [after === undefined ? `without ${path}` : `${path}: ${valueText(before)} → ${valueText(after)}`];
}

/** A section that only one of the two has is compared with an empty one, since a part of it may be hidden. */
const isSection = (value: unknown): boolean => value === undefined || isObject(value);

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
