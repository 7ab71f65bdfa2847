import type { Approval } from '../model/approval.ts';
import type { HistoryEntry } from '../model/history.ts';
import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import type { Orchestrator } from '../model/request.ts';
import type { Evidence, HostImage, WatchResult } from '../plan/outcome.ts';
import { STAGES } from '../plan/plan.ts';
import type { RollbackWorkflow } from '../release/rollback-workflow.ts';
import type { Downtime } from './downtime.ts';

/** What the reports of all commands have. */
export interface ReportHead {
  /** Why it failed; `undefined` when it did not. */
  readonly error: string | undefined;
  /** What belongs to the error: the last lines of a program, the message of a server. */
  readonly details: readonly string[];
  /** What state things are in: `Nothing was deployed.` */
  readonly state: string;
  readonly app: string | undefined;
  readonly environment: string | undefined;
  /** What runs the containers. */
  readonly orchestrator: Orchestrator;
  /** Who started the run. */
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
}

/** Images by service; '' is the image that `${IMAGE}` stands for. */
type Images = Readonly<Record<ServiceName, PinnedImage>>;

export interface DeploymentReport extends ReportHead {
  readonly command: 'deliver' | 'deploy' | 'import' | 'rollback';
  readonly result: 'planned' | 'deployed' | 'unchanged' | 'rolled-back' | 'failed';
  /** Who approved the run, or why nobody was asked; `undefined` if it was refused, and in a dry run. */
  readonly approval: Approval | undefined;
  readonly release: ReleaseId | undefined;
  readonly previous: ReleaseId | undefined;
  /** The commit of the previous release. */
  readonly previousRevision: string | undefined;
  /** The one release that all hosts serve now; `undefined` when they differ, when none does, or when one is unknown. */
  readonly live: ReleaseId | undefined;
  readonly revision: string | undefined;
  readonly images: Images;
  readonly tags: readonly string[];
  readonly build: BuildOutcome | undefined;
  readonly strategy: string | undefined;
  readonly hosts: readonly DeploymentHost[];
  /** Hosts of the last deploy that are no longer given. Nothing was changed there. */
  readonly removed: readonly HostName[];
  readonly steps: readonly StepReport[];
  /** The URL of the app: `url` as given, else its first domain, else its first published port on the first host. */
  readonly environmentUrl: string | undefined;
  /** What `url` answered, if it was checked. */
  readonly answer: string | undefined;
  readonly evidence: readonly Evidence[];
  readonly warnings: readonly string[];
  /** Where a person of this repository starts a rollback. */
  readonly rollbackWorkflow: RollbackWorkflow | undefined;
}

export interface BuildReport extends ReportHead {
  readonly command: 'build';
  readonly result: 'built' | 'failed';
  readonly revision: string | undefined;
  readonly images: Images;
  readonly tags: readonly string[];
  readonly build: BuildOutcome | undefined;
}

export interface StatusReport extends ReportHead {
  readonly command: 'status';
  readonly result: 'reported' | 'failed';
  /** The same as `live`. */
  readonly release: ReleaseId | undefined;
  readonly previous: ReleaseId | undefined;
  /** The one release that all hosts serve; `undefined` when they differ, when none does, or when one is unknown. */
  readonly live: ReleaseId | undefined;
  readonly revision: string | undefined;
  readonly images: Images;
  readonly hosts: readonly StatusHost[];
  /** The last runs, the newest first. */
  readonly history: readonly HistoryReport[];
}

export interface RemovalReport extends ReportHead {
  readonly command: 'remove';
  readonly result: 'planned' | 'removed' | 'unchanged' | 'failed';
  /** As of a deployment. */
  readonly approval: Approval | undefined;
  readonly hosts: readonly RemovalHost[];
  readonly steps: readonly StepReport[];
}

export interface UnlockReport extends ReportHead {
  readonly command: 'unlock';
  readonly result: 'planned' | 'unlocked' | 'unchanged' | 'failed';
  /** As of a deployment. */
  readonly approval: Approval | undefined;
  /** The locks that were there. */
  readonly locks: readonly LockReport[];
}

/** A lock that another run had on a host. */
export interface LockReport {
  readonly host: HostName;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** ISO 8601, by the clock of the host. */
  readonly since: string;
  /** Its run had ended without giving it back. */
  readonly expired: boolean;
}

export interface LogsReport extends ReportHead {
  readonly command: 'logs';
  readonly result: 'printed' | 'failed';
  /** The release whose containers were asked, by host. */
  readonly printed: readonly { readonly host: HostName; readonly release: ReleaseId }[];
}

export interface ExportReport extends ReportHead {
  readonly command: 'export';
  readonly result: 'exported' | 'failed';
  readonly release: ReleaseId | undefined;
  readonly revision: string | undefined;
  readonly images: Images;
  readonly tags: readonly string[];
  /** The file that was written; `undefined`: none was. */
  readonly archive: ArchiveReport | undefined;
}

/** A release in a file. */
export interface ArchiveReport {
  readonly file: string;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly isSigned: boolean;
  /** The release whose images the other side must have; `undefined`: none. */
  readonly since: ReleaseId | undefined;
  readonly images: readonly { readonly image: string; readonly platforms: readonly string[] }[];
}

export interface GateReport extends ReportHead {
  readonly command: 'gate';
  readonly result: 'checked' | 'failed';
  /** Whether a later job waits for an approval. */
  readonly approval: Approval | undefined;
}

/** Everything that a run reports, as data. The summary, the outputs and the end of the log are made from it. docs/report.md. */
export type Report =
  | DeploymentReport
  | BuildReport
  | StatusReport
  | RemovalReport
  | UnlockReport
  | LogsReport
  | ExportReport
  | GateReport;

/** The report of each command. */
export interface Reports {
  readonly deliver: DeploymentReport;
  readonly deploy: DeploymentReport;
  readonly rollback: DeploymentReport;
  readonly build: BuildReport;
  readonly status: StatusReport;
  readonly remove: RemovalReport;
  readonly unlock: UnlockReport;
  readonly logs: LogsReport;
  readonly export: ExportReport;
  readonly import: DeploymentReport;
  readonly gate: GateReport;
}

/** The stages of a plan; the steps of a removal have one of their own. */
export const REPORTED_STAGES = [...STAGES, 'remove'] as const;
export type ReportedStage = (typeof REPORTED_STAGES)[number];

/** How images were made. */
export interface BuildOutcome {
  readonly reused: boolean;
  readonly tested: boolean;
  /** Milliseconds by phase: `build`, `test`, `push`. */
  readonly times: Readonly<Record<string, number>>;
}

export interface HostReport {
  readonly host: HostName;
  readonly was: ReleaseId | undefined;
  /** The release that it serves; `undefined` is none, or, with `unknown`, one that is not known. */
  readonly is: ReleaseId | undefined;
  /** One clause: `healthy`, `web did not become healthy: it exited with code 1`. */
  readonly why: string;
  /** It is not known what the host serves: a rollback or a repair failed, a removal ended in the middle, or it can't be reached. */
  readonly unknown?: true;
}

export interface DeploymentHost extends HostReport {
  /** Something could not be rolled back or repaired here. */
  readonly rollbackIncomplete?: true;
  /** Visitors do not reach what it serves: why. Asked from the edge, after a rollback. */
  readonly unreachable?: readonly string[];
  /** Visitors did not reach what it served before the run: why. */
  readonly unreachableBefore?: readonly string[];
  readonly downtime?: Downtime;
}

/** In a status, and in the dry run of a deployment. */
export interface StatusHost extends HostReport {
  /** Whether the live release was accepted, has all of the traffic and is healthy. */
  readonly healthy?: boolean;
  /** The live release and those that a rollback can return to, newest first. */
  readonly kept?: readonly KeptRelease[];
}

export interface RemovalHost extends HostReport {
  /** The volumes with data of the app that stay on the host. */
  readonly keptVolumes?: readonly string[];
  /** On a cluster: the command that removes them. */
  readonly removeVolumesBy?: string;
}

/** What a run did to the hosts of an environment, from their records. */
export interface HistoryReport {
  /** ISO 8601, UTC: on the first host. */
  readonly at: string;
  /** `unfinished`: it goes on, or was killed, and no later run has cleaned up after it. */
  readonly result: Extract<DeploymentReport['result'], 'deployed' | 'rolled-back'> | 'unfinished';
  /** `undefined` where an older Sealift wrote the record. */
  readonly command: HistoryEntry['command'];
  readonly release: ReleaseId;
  readonly previous: ReleaseId | undefined;
  readonly revision: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  readonly approval: Approval | undefined;
  /** Milliseconds from the start of the run; `undefined` where an older Sealift wrote the record. */
  readonly durationMs: number | undefined;
  readonly hosts: readonly HostName[];
}

export interface KeptRelease {
  readonly release: ReleaseId;
  readonly revision: string | undefined;
  readonly acceptedAt: string | undefined;
  readonly actor: string | undefined;
  readonly runUrl: string | undefined;
  /** Left out where an older Sealift accepted it. */
  readonly approval?: Approval | undefined;
  readonly live: boolean;
  /** Whether every service of it is up. */
  readonly up: boolean;
  /** `2 of 2 healthy`, `3 stopped`, … */
  readonly condition: string;
}

/** Steps, and the hosts that they may be on. */
export interface ReportedSteps {
  readonly hosts: readonly HostReport[];
  readonly steps: readonly StepReport[];
}

export interface StepReport {
  readonly host: HostName;
  readonly stage: ReportedStage;
  readonly text: string;
  /** Since the plan began; like the duration `undefined` in a plan that was not executed. */
  readonly startMs: number | undefined;
  readonly durationMs: number | undefined;
  readonly ok: boolean | undefined;
  /** It was ended because another host failed or the job was cancelled. */
  readonly aborted?: true;
  /** Whether it undid an earlier step. */
  readonly undo: boolean;
  readonly note: string | undefined;
  /** What the releases answered while the new one was watched. */
  readonly metrics?: StepMetrics;
  /** Of a pull: the images that the release needs on the host. */
  readonly images?: readonly HostImage[];
}

export interface StepMetrics extends WatchResult {
  /** The share of the visitors that the new release had, above 0 and at most 1. */
  readonly share: number;
}
