/**
 * Where what happens is told. Rooms below are given one and tell it; they never print.
 * `report/` makes the real one (groups, a prefix per host); tests give one that remembers.
 */
export interface Log {
  /** A line for the reader. */
  info(line: string): void;
  /** A line that becomes an annotation. */
  notice(line: string): void;
  warning(line: string): void;
  /** The exact operation, for the debug log. */
  debug(line: string): void;
}
