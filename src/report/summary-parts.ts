import { joinWithAnd } from '../model/text.ts';

/** A part of the summary: whole, or not there at all. */
export interface SummaryPart {
  /** What it is, for the note that says it was left out: `the timeline`. */
  readonly name: string;
  readonly markdown: string;
  /** How much a reader needs it: parts with the lowest number are left out first. */
  readonly importance: number;
}

/** Bytes, with a margin: GitHub shows nothing of a summary of more than 1 MiB. */
const MAX_SUMMARY_BYTES = 900_000;
/** Bytes of the note about what was left out. */
const NOTE_BYTES = 2_000;
const SEPARATOR = '\n\n';

/** Parts in their order, as one page that GitHub shows. If all are too long, it says which were left out. Pure. */
export function joinSummaryParts(parts: readonly SummaryPart[], limit: number = MAX_SUMMARY_BYTES): string {
  const filled = parts.filter(({ markdown }) => markdown !== '');
  const bytesOf = ({ markdown }: SummaryPart): number => Buffer.byteLength(markdown) + SEPARATOR.length;
  let left = limit - NOTE_BYTES;
  const kept = new Set<SummaryPart>();
  for (const part of filled.toSorted((one, other) => other.importance - one.importance)) {
    if (bytesOf(part) > left) continue;
    kept.add(part);
    left -= bytesOf(part);
  }
  const shown = filled.filter((part) => kept.has(part)).map(({ markdown }) => markdown);
  const note = leftOutNote(filled.filter((part) => !kept.has(part)));
  return `${[...shown, ...note].join(SEPARATOR)}\n`;
}

function leftOutNote(parts: readonly SummaryPart[]): readonly string[] {
  if (parts.length === 0) return [];
  const counts = Map.groupBy(parts, ({ name }) => name);
  const names = [...counts].map(([name, { length }]) => (length === 1 ? name : `${name} (${length} times)`));
  return [`> ℹ️ Left out, because a summary can't be longer: ${joinWithAnd(names)}. The log has it.`];
}
