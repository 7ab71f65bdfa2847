import { messageOf, SealiftError } from '../model/errors.ts';
import type { StageName } from '../plan/plan.ts';
import type { ClusterLock } from './cluster-lock.ts';

/** A step that ran, and how it ended. */
export interface ClusterStep {
  readonly stage: StageName;
  readonly text: string;
  /** Milliseconds since the first step began. */
  readonly at: number;
  /** Milliseconds. */
  readonly took: number;
  readonly ok: boolean;
  /** Whether it undid an earlier step. */
  readonly undo: boolean;
  readonly note: string | undefined;
}

export interface ClusterProgress {
  onStepStart(text: string): void;
  onStepEnd(step: ClusterStep): void;
  onWait(line: string): void;
}

/** What steps need to know of the lock. */
export type StepLock = Pick<ClusterLock, 'lost' | 'assertHeld'>;

/** Runs steps one after the other while the lock is held, and keeps their times. */
export class StepRunner {
  readonly steps: ClusterStep[] = [];
  readonly #progress: ClusterProgress;
  readonly #lock: StepLock;
  readonly #startedAt = performance.now();

  constructor(progress: ClusterProgress, lock: StepLock) {
    this.#progress = progress;
    this.#lock = lock;
  }

  /** @throws what the action throws, after the step is reported; HostError if the lock is lost, before it has begun */
  async step(
    stage: StageName,
    text: string,
    action: () => Promise<string | undefined>,
    undo = false,
  ): Promise<void> {
    await this.#lock.assertHeld();
    const at = performance.now() - this.#startedAt;
    this.#progress.onStepStart(text);
    const end = (ok: boolean, note: string | undefined): void => {
      const step = { stage, text, at, took: performance.now() - this.#startedAt - at, ok, undo, note };
      this.steps.push(step);
      this.#progress.onStepEnd(step);
    };
    try {
      end(true, await action());
    } catch (error) {
      const cause = this.#lock.lost.aborted ? this.#lock.lost.reason : error;
      end(false, cause instanceof SealiftError ? cause.message : messageOf(cause));
      throw cause;
    }
  }
}
