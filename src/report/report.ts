import type { HostName } from '../model/host-address.ts';
import type { PinnedImage } from '../model/image.ts';
import type { ReleaseId, ServiceName } from '../model/release.ts';
import type { Evidence, WatchResult } from '../plan/outcome.ts';
import type { StageName } from '../plan/plan.ts';
import type { Downtime } from './downtime.ts';

/** Everything a run has to tell, as data: the summary, the outputs and the log's end are made from it. */
export interface Report {
  readonly command: 'deliver' | 'build' | 'deploy' | 'rollback' | 'status';
  readonly result: ReportResult;
  /** Why it failed; `undefined` when it did not. */
  readonly error: string | undefined;
  /** What was seen of that: the last lines of a program, what a server said. */
  readonly details: readonly string[];
  /** What state things are in: `Nothing was deployed.` */
  readonly state: string;
  readonly app: string | undefined;
  readonly environment: string | undefined;
  readonly release: ReleaseId | undefined;
  readonly previous: ReleaseId | undefined;
  /** The one release that every host serves now; `undefined` when they differ, when none does, or when one is not known. */
  readonly live: ReleaseId | undefined;
  readonly revision: string | undefined;
  /** By service; '' is what `${IMAGE}` stands for. */
  readonly images: Readonly<Record<ServiceName, PinnedImage>>;
  readonly tags: readonly string[];
  readonly build: BuildReport | undefined;
  readonly strategy: string | undefined;
  readonly hosts: readonly HostReport[];
  /** Hosts that the last deploy was for and that are not given any more: they were not touched. */
  readonly removed: readonly HostName[];
  readonly steps: readonly StepReport[];
  /** Where the app is found: `url` as given, else its first domain. */
  readonly environmentUrl: string | undefined;
  /** What `url` answered, if it was asked. */
  readonly answer: string | undefined;
  readonly evidence: readonly Evidence[];
  readonly warnings: readonly string[];
  readonly runUrl: string | undefined;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Milliseconds. */
  readonly took: number;
}

export type ReportResult =
  | 'built'
  | 'planned'
  | 'deployed'
  | 'unchanged'
  | 'rolled-back'
  | 'failed'
  | 'reported';

export interface BuildReport {
  readonly reused: boolean;
  readonly tested: boolean;
  /** Milliseconds by part: `build`, `test`, `push`. */
  readonly times: Readonly<Record<string, number>>;
}

export interface HostReport {
  readonly host: HostName;
  readonly was: ReleaseId | undefined;
  /** The release that it serves; `undefined` is none, or, with `unknown`, one that is not known. */
  readonly is: ReleaseId | undefined;
  /** One clause on why it is so: `healthy`, `rolled back: web exited with code 1`. */
  readonly why: string;
  /** It could not be moved back: what it serves now is not known. */
  readonly unknown?: true;
  /** Something could not be taken back here. */
  readonly stuck?: true;
  /** For how long services did not answer, where they had to be stopped first. */
  readonly downtime?: Downtime;
  /** What could be gone back to, newest first. */
  readonly kept: readonly KeptRelease[];
}

export interface KeptRelease {
  readonly release: ReleaseId;
  readonly revision: string | undefined;
  readonly acceptedAt: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  readonly live: boolean;
  /** Whether every service of it is up. */
  readonly whole: boolean;
  /** `2 of 2 healthy`, `3 stopped`, … */
  readonly condition: string;
}

export interface StepReport {
  readonly host: HostName;
  readonly stage: StageName;
  readonly text: string;
  /** Milliseconds since the plan began, and how long it took; `undefined` in a plan that was not carried out. */
  readonly at: number | undefined;
  readonly took: number | undefined;
  readonly ok: boolean | undefined;
  /** It was ended because another host failed or the job was cancelled. */
  readonly ended?: true;
  /** Whether it took an earlier step back. */
  readonly undo: boolean;
  readonly note: string | undefined;
  /** What a release answered while it was judged. */
  readonly judged?: StepMetrics;
}

export interface StepMetrics extends WatchResult {
  /** The share of the visitors that it had, above 0 and at most 1. */
  readonly share: number;
}
