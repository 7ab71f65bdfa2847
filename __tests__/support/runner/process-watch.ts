import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Leak, leaksIn } from './masking.ts';

/** The action itself, which gets all of them from the runner. */
const ACTION = 'node';
/** Milliseconds between two looks. */
const INTERVAL = 15;

/** Looks again and again at all processes of this machine: their command lines, and the environments of those of a job. */
export class ProcessWatch {
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #allowed: Readonly<Record<string, readonly string[]>>;
  readonly #leaks = new Map<string, Leak>();
  readonly #seen = new Set<string>();
  readonly #watching: Promise<void>;
  readonly #end = new AbortController();

  /**
   * @param secrets by name
   * @param allowed names of the secrets that a program needs in its environment, by program
   */
  constructor(
    secrets: ReadonlyMap<string, string>,
    allowed: Readonly<Record<string, readonly string[]>> = {},
  ) {
    this.#secrets = secrets;
    this.#allowed = allowed;
    this.#watching = this.#watch();
  }

  /** Ends the watch. @returns what was seen: the programs that ran, and where a secret could be read */
  async end(): Promise<{ readonly programs: ReadonlySet<string>; readonly leaks: readonly Leak[] }> {
    this.#end.abort();
    await this.#watching;
    return { programs: new Set([...this.#seen].map(programOf)), leaks: [...this.#leaks.values()] };
  }

  async #watch(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
      await Promise.all(processes.map((id) => this.#look(id)));
      await pause(INTERVAL);
    }
  }

  async #look(id: string): Promise<void> {
    // A process may end while we look.
    const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (command === '' || this.#seen.has(`${id} ${command}`)) return;
    this.#seen.add(`${id} ${command}`);
    const program = programOf(`${id} ${command}`);
    // A program gets its arguments one by one.
    this.#note(`command line of ${program}`, command.replaceAll('\0', ' '));
    if (program === ACTION) return;
    const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '');
    if (!environment.includes('RUNNER_TRACKING_ID=')) return;
    this.#note(`environment of ${program}`, environment, this.#allowed[program]);
  }

  #note(where: string, text: string, allowed: readonly string[] = []): void {
    for (const leak of leaksIn(where, text, this.#secrets))
      if (!allowed.includes(leak.secret)) this.#leaks.set(JSON.stringify(leak), leak);
  }
}

const programOf = (seen: string): string => basename(seen.replace(/^\d+ /, '').split('\0', 1)[0] ?? '');
