import { getInput } from '@actions/core';
import { MAX_DURATION, parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { InputName } from '../model/input-ref.ts';
import type { Command } from '../model/request.ts';
import { INPUTS } from './declared-inputs.ts';
import { didYouMean } from './did-you-mean.ts';
import { type KeyRule, parsePairs, type ValueOfName } from './pairs.ts';

/** Gives inputs as the runner does, for `Inputs` and whatever else reads them. */
export function giveInputs(values: ReadonlyMap<string, string>): void {
  for (const [name, text] of values) process.env[`INPUT_${name.toUpperCase()}`] = text;
}

/** Reads the inputs of one command by type. Every method throws ConfigurationError that names the input. */
export class Inputs {
  readonly command: Command;
  /** Whether a person runs the command, who has keys of his own, and not a job. */
  readonly atTerminal: boolean;

  constructor(command: Command, { atTerminal = false }: { readonly atTerminal?: boolean } = {}) {
    this.command = command;
    this.atTerminal = atTerminal;
  }

  /** Whether the action of the command has this input. */
  has(name: InputName): boolean {
    return Object.hasOwn(INPUTS[this.command], name);
  }

  /** The default in action.yml, '' where there is none. */
  defaultOf(name: InputName): string {
    const text = INPUTS[this.command][name];
    if (text === undefined) throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    return text;
  }

  /**
   * The text without surrounding white space. An empty input means the default, so an unset variable in the workflow
   * does no harm; `undefined` where there is no default either.
   */
  text(name: InputName): string | undefined {
    const fallback = this.defaultOf(name);
    return getInput(name) || fallback || undefined;
  }

  /**
   * The text of an input that the user must give, or that has a default.
   *
   * @param advice a sentence that says what to write when it is missing
   */
  required(name: InputName, advice = 'Set it.'): string {
    const text = this.text(name);
    if (text === undefined) throw new ConfigurationError(`${name}: missing. ${advice}`);
    return text;
  }

  /** The lines, without empty ones and comments (`#`). */
  lines(name: InputName): readonly string[] {
    return this.numberedLines(name).map(({ text }) => text);
  }

  /** The same with their line numbers from 1, for errors that must not repeat a line. */
  numberedLines(name: InputName): readonly { readonly number: number; readonly text: string }[] {
    return (this.text(name) ?? '')
      .split(/\r?\n/)
      .map((line, index) => ({ number: index + 1, text: line.trim() }))
      .filter(({ text }) => text !== '' && !text.startsWith('#'));
  }

  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name: InputName, key?: KeyRule, alone?: ValueOfName): ReadonlyMap<string, string> {
    return parsePairs(this.text(name) ?? '', name, key, alone);
  }

  /** `true` or `false` of YAML 1.2, for which `yes`, `on` and `1` are text. */
  flag(name: InputName): boolean {
    const text = this.required(name);
    if (['true', 'True', 'TRUE'].includes(text)) return true;
    if (['false', 'False', 'FALSE'].includes(text)) return false;
    const meant = didYouMean(text, ['true', 'false']);
    throw new ConfigurationError(`${name}: "${text}" is neither true nor false.${meant}`);
  }

  /** One of a few words; capital letters count. */
  choice<T extends string>(name: InputName, choices: readonly T[]): T {
    const text = this.required(name);
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    const meant = didYouMean(text, choices);
    throw new ConfigurationError(`${name}: "${text}" is not one of ${choices.join(', ')}.${meant}`);
  }

  /** A whole number of at least `least`. */
  integer(name: InputName, least: number): number {
    const text = this.required(name);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text}" is not a whole number of ${least} or more.`);
    }
    return value;
  }

  /** Milliseconds, at least `least` and at most a day. */
  duration(name: InputName, least = 1): number {
    const text = this.required(name);
    const value = parseDuration(text);
    if (value === undefined) {
      const example = /^\d+$/.test(text) ? `"${text}s" for seconds` : '60s, 2m, 1m30s or 500ms';
      throw new ConfigurationError(
        `${name}: "${text}" is not a duration. Write a number with its unit: ${example}.`,
      );
    }
    if (value < least || value > MAX_DURATION) {
      const range = least === 0 ? 'at most 24h' : 'more than 0s and at most 24h';
      throw new ConfigurationError(`${name}: "${text}" is out of range. Write ${range}.`);
    }
    return value;
  }
}
