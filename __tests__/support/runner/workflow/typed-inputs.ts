import type { Context, Value } from '../expressions.ts';
import type { InputDefinition } from './definition.ts';

/**
 * The inputs of a workflow by type, with their defaults, as the context `inputs` has them.
 *
 * @throws Error for an input that the workflow does not declare, or a required one that is missing
 */
export function typedInputs(
  declared: Readonly<Record<string, InputDefinition>>,
  given: Readonly<Record<string, Value>>,
): Context {
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  if (unknown.length > 0) throw new Error(`The workflow has no input ${unknown.join(', ')}.`);
  return mapValues(declared, ({ type = 'string', required = false, default: standard }, name): Value => {
    if (required && given[name] === undefined) throw new Error(`The input ${name} is required.`);
    const absent = type === 'boolean' ? false : type === 'number' ? 0 : '';
    return given[name] ?? standard ?? absent;
  });
}

/** An object with the same names and changed values. */
export function mapValues<T, R>(
  values: Readonly<Record<string, T>>,
  change: (value: T, name: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}
