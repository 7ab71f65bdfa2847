/** Who started a run, and where it is shown. */
export interface Initiator {
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
}
