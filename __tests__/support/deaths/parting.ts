import type { EngineGate } from './engine-gate.ts';
import type { StepEvent } from './plan-steps.ts';

type Way = Pick<EngineGate, 'shut' | 'refuse' | 'reopen'>;

/**
 * A deploy that all servers of a fleet have accepted but the last one, whose engine refuses to write that down. So the deploy goes back, and
 * dies when the last server has done so, before the others have begun.
 */
export class Parting {
  readonly #others: readonly Way[];
  readonly #last: Way;

  /** @param gates of the servers, in the order of the run's hosts */
  constructor(gates: readonly Way[]) {
    const last = gates.at(-1);
    if (last === undefined || gates.length < 2) throw new Error('One server alone can not part.');
    this.#others = gates.slice(0, -1);
    this.#last = last;
  }

  /** Opens and shuts the ways to the servers. @returns whether this is the moment to die */
  see({ step: { host, stage, kind }, event }: StepEvent): boolean {
    if (stage !== 'accept') return false;
    const other = this.#others[host];
    const what = `${event} ${kind}`;
    if (other !== undefined && what === 'begins record-rollback') other.shut();
    if (other !== undefined) return false;
    if (what === 'begins accept-release') this.#last.refuse();
    if (what === 'ends accept-release') this.#last.reopen();
    return what === 'ends switch-traffic';
  }
}
