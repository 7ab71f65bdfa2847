/** Which step of its plan an action is at, as its log and debug lines say. */

/** A step, named so that it is the same one in another run of the same kind. */
export interface PlannedStep {
  /** Its place among the hosts of the run. */
  readonly host: number;
  readonly stage: string;
  /** The kind of its action. */
  readonly kind: string;
  /** Its place among the steps of this kind in this stage, on this host; from 1. */
  readonly nth: number;
}

export const stepText = ({ host, stage, kind, nth }: PlannedStep): string =>
  `${stage}: ${kind}${nth === 1 ? '' : ` ${nth}`}${host === 0 ? '' : ` (host ${host + 1})`}`;

export interface StepEvent {
  readonly step: PlannedStep;
  /** `prints`: the command of the step has printed a line. */
  readonly event: 'begins' | 'prints' | 'ends';
  /** The release that it is about, where it is about one. */
  readonly release: string | undefined;
}

/** Follows one run, line by line. */
export class StepWatch {
  readonly #hosts: readonly string[];
  readonly #counts = new Map<string, number>();
  readonly #current = new Map<string, Omit<StepEvent, 'event'>>();

  /** @param hosts as the run names them */
  constructor(hosts: readonly string[]) {
    this.#hosts = hosts;
  }

  /** What a line says about a step. */
  see(line: string): StepEvent | undefined {
    const begun = /^(?<host>\S+) (?<stage>[a-z-]+): (?<action>\{"kind":.*\})$/.exec(line)?.groups;
    if (begun !== undefined)
      return this.#begin(begun['host'] ?? '', begun['stage'] ?? '', begun['action'] ?? '');
    const printing = /^(\S+) +│ /.exec(line)?.[1];
    if (printing !== undefined) return this.#eventOf(printing, 'prints');
    const host = /^[✓✗↶–] (\S+)/.exec(line)?.[1] ?? '';
    const ended = this.#eventOf(host, 'ends');
    this.#current.delete(host);
    return ended;
  }

  #eventOf(host: string, event: StepEvent['event']): StepEvent | undefined {
    const current = this.#current.get(host);
    return current && { ...current, event };
  }

  #begin(name: string, stage: string, action: string): StepEvent {
    const host = this.#hosts.indexOf(name);
    const { kind, release }: { readonly kind: string; readonly release?: string } = JSON.parse(action);
    const key = `${host} ${stage} ${kind}`;
    const nth = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, nth);
    const found = { step: { host, stage, kind, nth }, release };
    this.#current.set(name, found);
    return { ...found, event: 'begins' };
  }
}
