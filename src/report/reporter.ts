import type { Log } from '../model/log.ts';
import type { FailureAnnotation } from './annotations.ts';
import type { Report } from './report.ts';

/** Where a run tells what it does, and how it ended: the runner of a job, or a terminal. */
export interface Reporter extends Log {
  /** Whether a group is closed until a reader opens it: what is said again later stands only there. */
  readonly closesGroups: boolean;
  startGroup(title: string): void;
  endGroup(): void;
  /** An error that fails the run. */
  error(annotation: FailureAnnotation): void;
  /** A text that must never be shown. */
  mask(secret: string): void;
  /** A value for the post step; '' forgets it. */
  saveState(name: string, value: unknown): void;
  publish(report: Report): Promise<void>;
}
