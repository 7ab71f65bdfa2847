import type { ReleaseId } from '../model/identifiers.ts';

/** What a removal of an app takes away from a cluster. */
export interface ClusterRemoval {
  readonly live: ReleaseId | undefined;
  /** In order. Empty: nothing is there. Each may run again after it was cut short. */
  readonly steps: readonly ClusterRemovalStep[];
  /** Volumes that stay, with the data of the app, and what removes them; `undefined`: there are none. */
  readonly kept: { readonly volumes: readonly string[]; readonly command: string } | undefined;
}

export interface ClusterRemovalStep {
  /** `remove services web and db` */
  readonly text: string;
  /** @throws SealiftError if something of it is still there */
  readonly run: (signal: AbortSignal) => Promise<void>;
}
