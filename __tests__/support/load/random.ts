/** Numbers by chance that are the same with the same seed, so that a run that failed can be had again. */

import { randomInt } from 'node:crypto';

export interface Random {
  /** From `least` up to and without `most`. */
  between(least: number, most: number): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  /** Hex digits. */
  text(length: number): string;
}

/** mulberry32: small, fast, and good enough to shuffle visitors. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (least: number, most: number): number => least + next() * (most - least);
  return {
    between,
    whole: (least, most) => Math.floor(between(least, most + 1)),
    text: (length) => Array.from({ length }, () => Math.floor(next() * 16).toString(16)).join(''),
  };
}

/** The seed that SEED asks for, or one by chance. */
export function anySeed(): number {
  const wanted = process.env['SEED'];
  return wanted === undefined ? randomInt(1, 0x7fffffff) : Number(wanted);
}
