import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { isDeclaredInput } from '../inputs/declared-inputs.ts';
import { didYouMean } from '../inputs/did-you-mean.ts';
import { ConfigurationError } from '../model/errors.ts';
import { joinWithAnd } from '../model/text.ts';
import { type CliCommand, inputsOf } from './cli-commands.ts';

/** Inputs by name, with the values of one environment. */
export type InputValues = ReadonlyMap<string, string>;

/**
 * The inputs in a settings file: those at the top, and over them those of the environment in `environments`. A list is lines, and
 * so is a map of keys and values. Inputs of other commands are left out. Pure.
 *
 * @param environment what a flag or a variable says; `undefined`: what the file says
 * @throws ConfigurationError that names the file and the key
 */
export function readSettings(
  text: string,
  file: string,
  command: CliCommand,
  environment: string | undefined,
): InputValues {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new ConfigurationError(`${file}: ${problem.message}`, { cause: problem });
  const top = document.contents;
  if (top === null) return new Map();
  if (!isMap(top)) throw new ConfigurationError(`${file}: it must hold inputs, one per line: "app: shop".`);
  const values = new Map<string, string>();
  const environments = new Map<string, unknown>();
  for (const { key, value } of top.items) {
    const name = String(key);
    if (name !== 'environments') setInput(values, name, value, file);
    else if (isMap(value)) for (const each of value.items) environments.set(String(each.key), each.value);
    else
      throw new ConfigurationError(
        `${file}: environments must hold the name of each, and below it its inputs.`,
      );
  }
  const chosen = environment ?? values.get('environment');
  if (environments.size > 0) {
    const names = [...environments.keys()];
    if (chosen === undefined)
      throw new ConfigurationError(
        `--environment: missing. ${file} has ${joinWithAnd(names)}: give --environment.`,
      );
    const own = environments.get(chosen);
    if (own === undefined)
      throw new ConfigurationError(
        `--environment: ${file} has no "${chosen}", but ${joinWithAnd(names)}.${didYouMean(chosen, names)}`,
      );
    if (!isMap(own)) throw new ConfigurationError(`${file}: the environment ${chosen} must hold inputs.`);
    for (const { key, value } of own.items) setInput(values, String(key), value, file);
    values.set('environment', chosen);
  }
  const known = inputsOf(command);
  return new Map([...values].filter(([name]) => Object.hasOwn(known, name)));
}

function setInput(values: Map<string, string>, name: string, value: unknown, file: string): void {
  if (!isDeclaredInput(name)) {
    const meant = didYouMean(name, Object.keys(inputsOf('deliver')));
    throw new ConfigurationError(`${file}: there is no input "${name}".${meant}`);
  }
  const text = textOf(value);
  if (text === undefined)
    throw new ConfigurationError(
      `${file}: ${name} must be a text, a list of lines or a map of keys and values.`,
    );
  values.set(name, text);
}

/** The text of an input as a workflow would give it. */
function textOf(value: unknown): string | undefined {
  if (value === null) return '';
  if (isScalar(value)) return value.value === null ? '' : String(value.source ?? value.value);
  if (isSeq(value)) return linesOf(value.items.map(textOf));
  if (!isMap(value)) return undefined;
  return linesOf(
    value.items.map(({ key, value: each }) => {
      const text = textOf(each);
      return text === undefined ? undefined : `${String(key)}=${text}`;
    }),
  );
}

function linesOf(lines: readonly (string | undefined)[]): string | undefined {
  return lines.includes(undefined) ? undefined : lines.join('\n');
}
