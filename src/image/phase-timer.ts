/** Measures how long the phases of a build take. */
export class PhaseTimer {
  /** Milliseconds by phase. */
  readonly durations: Record<string, number> = {};

  async time<Result>(phase: string, run: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await run();
    } finally {
      this.durations[phase] = Math.round((this.durations[phase] ?? 0) + performance.now() - startedAt);
    }
  }
}
