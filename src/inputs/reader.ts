import { getInput } from '@actions/core';
import { parseDuration } from '../model/duration.ts';
import { ConfigurationError } from '../model/errors.ts';
import type { Command } from '../model/request.ts';
import { defaultOfInput, type InputName } from './declared-inputs.ts';
import { didYouMean } from './did-you-mean.ts';
import { type KeyRule, parsePairs } from './pairs.ts';

/** The longest duration, a day in milliseconds: a timer of Node can't wait for longer than 24 days. */
export const MAX_DURATION = 86_400_000;

/** The inputs of one command, each read as what it is meant to be. Every method throws ConfigurationError naming the input. */
export class Inputs {
  readonly command: Command;

  constructor(command: Command) {
    this.command = command;
  }

  /**
   * The text without white space around it. Empty means the default, so that an unset variable in the workflow does no
   * harm; `undefined` where there is no default either.
   */
  text(name: InputName): string | undefined {
    const fallback = defaultOfInput(this.command, name);
    if (fallback === undefined)
      throw new Error(`The action of "${this.command}" declares no input "${name}".`);
    const given = getInput(name) || fallback;
    return given === '' ? undefined : given;
  }

  /** @param advice what to do about it when it is missing: a sentence. */
  required(name: InputName, advice: string): string {
    const text = this.text(name);
    if (text === undefined) throw new ConfigurationError(`${name}: missing. ${advice}`);
    return text;
  }

  /** The lines that say something: without empty ones and those that begin with `#`. */
  lines(name: InputName): readonly string[] {
    return this.numberedLines(name).map(({ text }) => text);
  }

  /** The same with their numbers, from 1 on, for errors that may not repeat what a line says. */
  numberedLines(name: InputName): readonly { readonly number: number; readonly text: string }[] {
    return (this.text(name) ?? '')
      .split(/\r?\n/)
      .map((line, at) => ({ number: at + 1, text: line.trim() }))
      .filter(({ text }) => text !== '' && !text.startsWith('#'));
  }

  /** KEY=VALUE lines; see `parsePairs`. */
  pairs(name: InputName, key?: KeyRule): ReadonlyMap<string, string> {
    return parsePairs(this.text(name) ?? '', name, key);
  }

  /** `true` or `false` as YAML 1.2 writes them; `yes`, `on` and `1` are refused, since YAML 1.2 reads them as text. */
  flag(name: InputName): boolean {
    const text = this.text(name) ?? '';
    if (['true', 'True', 'TRUE'].includes(text)) return true;
    if (['false', 'False', 'FALSE'].includes(text)) return false;
    throw new ConfigurationError(
      `${name}: "${text}" is neither true nor false.${didYouMean(text, ['true', 'false'])}`,
    );
  }

  /** One of a few words, written as they are; `undefined` where none is given and there is no default. */
  choice<T extends string>(name: InputName, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw new ConfigurationError(
      `${name}: "${text}" is not one of ${choices.join(', ')}.${didYouMean(text, choices)}`,
    );
  }

  /** A whole number from `least` on. */
  integer(name: InputName, least: number): number {
    const text = this.text(name) ?? '';
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new ConfigurationError(`${name}: "${text}" is not a whole number of ${least} or more.`);
    }
    return value;
  }

  /** Milliseconds from `least` on, at most a day. */
  duration(name: InputName, least = 1): number {
    return this.optionalDuration(name, least) ?? this.#noDuration(name, '');
  }

  /** The same; `undefined` where none is given and there is no default. */
  optionalDuration(name: InputName, least = 1): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parseDuration(text);
    if (value === undefined) return this.#noDuration(name, text);
    if (value < least || value > MAX_DURATION) {
      const from = least === 0 ? '' : 'more than 0s and ';
      throw new ConfigurationError(`${name}: "${text}" is out of range. Give ${from}at most 24h.`);
    }
    return value;
  }

  #noDuration(name: InputName, text: string): never {
    const advice = /^\d+$/.test(text) ? `"${text}s" for seconds` : '60s, 2m, 1m30s or 500ms';
    throw new ConfigurationError(
      `${name}: "${text}" is not a duration. Write a number with its unit: ${advice}.`,
    );
  }
}
