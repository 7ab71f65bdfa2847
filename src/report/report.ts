import type { Approval } from '../model/approval.ts';
import type { HostName, ReleaseId, ServiceName } from '../model/identifiers.ts';
import type { PinnedImage } from '../model/image.ts';
import type { Orchestrator } from '../model/request.ts';
import type { RollbackHint } from '../model/rollback-hint.ts';
import type { Evidence } from '../plan/outcome.ts';
import type { RollbackWorkflow } from '../release/rollback-workflow.ts';
import type { DeploymentHost, HistoryReport, RemovalHost, StatusHost } from './host-report.ts';
import type { StepReport } from './step-report.ts';

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
  /** `undefined` where no release before is kept. */
  readonly rollbackHint: RollbackHint | undefined;
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

/** How images were made. */
export interface BuildOutcome {
  readonly reused: boolean;
  readonly tested: boolean;
  /** Milliseconds by phase: `build`, `test`, `push`. */
  readonly times: Readonly<Record<string, number>>;
}
