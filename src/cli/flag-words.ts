import type { InputWords } from '../model/input-ref.ts';
import { type CliCommand, inputsOf, isSwitch } from './cli-commands.ts';
import { variableOf } from './flag-values.ts';

/** What gives an input its value. */
export type InputSource =
  | { readonly kind: 'flag' }
  | { readonly kind: 'variable' }
  /** sealift.yaml, or a workflow. */
  | { readonly kind: 'file'; readonly file: string };

/** `hosts, line 2: …`, `tls-ca, tls-cert and tls-key: …` */
const LEADING_NAMES = /^(?<names>[a-z][a-z-]*(?:(?:, | and )[a-z][a-z-]*)*)(?=(?:, line \d+)?: )/;

/**
 * The words for inputs at a terminal: flags; or, for a value that comes from elsewhere, the variable or the key that has it.
 * An input that only other commands have stays as it is. Pure.
 */
export function flagWords(command: CliCommand, sources: ReadonlyMap<string, InputSource>): InputWords {
  const known = inputsOf(command);
  const isKey = (input: string): boolean =>
    !Object.hasOwn(known, input) || sources.get(input)?.kind === 'file';
  const isVariable = (input: string): boolean => sources.get(input)?.kind === 'variable';
  const ref = (input: string): string =>
    isKey(input) ? input : isVariable(input) ? variableOf(input) : `--${input}`;
  return {
    ref,
    setting(input, value) {
      if (isKey(input)) return `${input}: ${value}`;
      if (isVariable(input)) return `${variableOf(input)}=${value}`;
      if (isSwitch(command, input)) return value === 'true' ? `--${input}` : `--no-${input}`;
      return `--${input} ${value.includes(' ') ? `'${value}'` : value}`;
    },
    message(text) {
      const names = LEADING_NAMES.exec(text)?.groups?.['names'];
      const inputs = names?.split(/, | and /) ?? [];
      if (names === undefined || !inputs.every((input) => Object.hasOwn(known, input))) return text;
      // Without the flag, it means the file itself.
      if (names === 'compose-file' && sources.get(names)?.kind !== 'flag') return text;
      const source = inputs.map((input) => sources.get(input)).find((each) => each?.kind === 'file');
      const place = source?.kind === 'file' ? `${source.file}: ` : '';
      return `${place}${names.replaceAll(/[a-z-]+/g, (word) => (word === 'and' ? word : ref(word)))}${text.slice(names.length)}`;
    },
  };
}
