/** Milliseconds by part of a job. */
export class PhaseTimer {
  readonly times: Record<string, number> = {};

  async time<Result>(part: string, what: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    try {
      return await what();
    } finally {
      this.times[part] = Math.round((this.times[part] ?? 0) + performance.now() - began);
    }
  }
}
