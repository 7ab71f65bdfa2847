import type inputs from '../../action.yml';

/** An input of any action. */
export type InputName = keyof typeof inputs;

/** How texts name inputs to those who read them. */
export interface InputWords {
  /** An input: `health-path`. */
  readonly ref: (input: InputName) => string;
  /** An input with a value: `adopt: true`. */
  readonly setting: (input: InputName, value: string) => string;
  /** A message of which the first words are inputs: `hosts, line 2: …`. */
  readonly message: (text: string) => string;
}

let words: InputWords = {
  ref: (input) => input,
  setting: (input, value) => `${input}: ${value}`,
  message: (text) => text,
};

/** From now on, this process names inputs so. Without this call, as a workflow does. */
export function nameInputsBy(other: InputWords): void {
  words = other;
}

/** The name of an input, for a text. Only for one that is made when it is needed: while modules load, nobody knows who reads it. */
export const inputRef = (input: InputName): string => words.ref(input);

/** An input with a value, for a text, as a user would write it. The same applies. */
export const inputSetting = (input: InputName, value: string): string => words.setting(input, value);

/** A ConfigurationError's message: if it begins with inputs, they are named as in the rest of it. */
export const configurationMessage = (text: string): string => words.message(text);
