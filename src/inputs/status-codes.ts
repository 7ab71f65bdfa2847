import { ConfigurationError } from '../model/errors.ts';
import type { Inputs } from './reader.ts';

/** The codes of `200`, `200-399`, `200,204` or `200-299,404`, in order. */
export function readStatusCodes(inputs: Inputs, name: 'url-status' | 'health-status'): readonly number[] {
  const codes = new Set<number>();
  for (const part of inputs
    .required(name)
    .split(',')
    .map((piece) => piece.trim())) {
    const range = /^(?<from>\d{3})(?:\s*-\s*(?<to>\d{3}))?$/.exec(part)?.groups;
    const from = Number(range?.['from']);
    const to = Number(range?.['to'] ?? range?.['from']);
    if (!(from >= 100 && to <= 599 && from <= to)) {
      throw new ConfigurationError(
        `${name}: "${part}" is neither a status code from 100 to 599 nor a range of them. Write 200, 200-399 or 200,204.`,
      );
    }
    for (let code = from; code <= to; code += 1) codes.add(code);
  }
  return [...codes].sort((a, b) => a - b);
}
