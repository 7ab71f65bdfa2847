/** The person who runs `init`. */
export interface Person {
  say(line: string): unknown;
  /** The answer to a question; `undefined` if nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}
