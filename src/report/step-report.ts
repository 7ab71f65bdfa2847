import type { HostName } from '../model/identifiers.ts';
import type { HostImage, WatchResult } from '../plan/outcome.ts';
import { STAGES } from '../plan/plan.ts';
import type { HostReport } from './host-report.ts';

/** The stages of a plan; the steps of a removal have one of their own. */
export const REPORTED_STAGES = [...STAGES, 'remove'] as const;
export type ReportedStage = (typeof REPORTED_STAGES)[number];

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
