/** Where code reports what happens; only `report/` prints. The real one is in `report/console.ts`. */
export interface Log {
  /** A line for the reader. */
  info(line: string): void;
  /** A line that becomes an annotation. */
  notice(line: string): void;
  warning(line: string): void;
  /** The exact operation, for the debug log. */
  debug(line: string): void;
}
