/**
 * An app whose deploys die: at a step of their plan, just before it takes effect or just after. The step is found by what the
 * action itself says, so a step that is new is one to die at without anyone thinking of it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ENDLESS } from '../hooks-app.ts';
import type { LoadResult } from '../load/tally.ts';
import { progress, until } from '../patience.ts';
import { killTree } from '../runner/kill-tree.ts';
import { succeeded } from '../test-app.ts';
import { AppRuns, type MortalOptions, type Move } from './app-runs.ts';
import { type Death, deathText, type Ending, isMomentOf, PARTED } from './deaths.ts';
import { beginsPhase, type FaultPhase } from './fault-phases.ts';
import { FAULTS, type FaultName } from './faults.ts';
import { Parting } from './parting.ts';
import type { PlannedStep, StepEvent } from './plan-steps.ts';
import { VisitedApp } from './visited-app.ts';
import { WorkOrder } from './work-order.ts';

/** What a race is called. */
export const raceText = (runs: number, apart: number): string =>
  apart === 0 ? `${runs} deploys at once` : `${runs} deploys, each ${apart / 1000} s after the other`;

export class MortalApp {
  readonly #options: MortalOptions;
  readonly #runs: AppRuns;
  readonly #visited: VisitedApp;

  private constructor(options: MortalOptions, runs: AppRuns) {
    this.#options = options;
    this.#runs = runs;
    this.#visited = new VisitedApp(options, runs);
  }

  static async make(options: MortalOptions): Promise<MortalApp> {
    return new MortalApp(options, await AppRuns.prepare(options));
  }

  /** Deploys so many versions that the next deploy does all that a deploy does. From then on visitors are there. */
  begin(): Promise<void> {
    return this.#visited.begin();
  }

  /** The number of the shape that the next deploy brings. */
  get nextShape(): number {
    return this.#runs.lineage.nextShape;
  }

  /** The steps of a move that nothing disturbs. */
  async stepsOf(move: Move): Promise<readonly PlannedStep[]> {
    const steps: PlannedStep[] = [];
    const watch = this.#runs.watch();
    const run = await this.#runs.run(move, {
      onLine: ({ text }) => {
        const event = watch.see(text);
        this.#runs.note(event);
        if (event?.event === 'begins') steps.push(event.step);
      },
    });
    if (move !== 'failing deploy') this.#runs.accept(succeeded(run));
    else if (run.succeeded) throw new Error(`It did not fail:\n${run.log}`);
    if (this.#runs.lineage.live !== '') await this.#visited.settle();
    return steps;
  }

  /** The steps with which the next deploy repairs what a death leaves. */
  async repairsAfter(move: Move, death: Ending): Promise<readonly PlannedStep[]> {
    const problems = await this.#die(move, death);
    if (problems.length > 0) throw new Error(`${deathText(death)}: ${problems.join('\n')}`);
    return (await this.stepsOf('deploy')).filter(({ stage }) => stage === 'recover');
  }

  /**
   * A move dies; `status` says what is so; then the next run makes all whole again.
   * @param second where a deploy dies that comes in between
   * @returns what was not as it must be
   */
  async dies(move: Move, death: Ending, then: 'again' | Move, second?: Death): Promise<readonly string[]> {
    const before = this.#visited.look();
    const problems = [...(await this.#die(move, death)), ...(await this.#visited.untruths())];
    if (second !== undefined)
      problems.push(...(await this.#die('deploy', second)), ...(await this.#visited.untruths()));
    await this.#recover(then);
    problems.push(...this.#visited.lostSince(before), ...(await this.#visited.differences(then)));
    const what = [death, ...(second === undefined ? [] : [second])]
      .map(deathText)
      .join(', and the next one ');
    progress(what);
    return problems.map((problem) => `${move} died ${what}, then ${then}: ${problem}`);
  }

  /**
   * Something happens while a delivery is in a phase; however that ends, it ends, and the next one makes all whole again.
   * @returns what was not as it must be
   */
  async suffers(name: FaultName, phase: FaultPhase): Promise<readonly string[]> {
    const fault = FAULTS[name];
    const before = this.#visited.look();
    const place = this.#place();
    const watch = this.#runs.watch();
    const isHere = (text: string): boolean => {
      const seen = watch.see(text);
      this.#runs.note(seen);
      return beginsPhase(phase, text, seen);
    };
    const run = await this.#runs.run('deploy', {
      interrupt: {
        when: { test: isHere, toString: () => `the phase ${phase}` },
        how: async () => void (await fault.begin(place)),
      },
    });
    await fault.repair?.(place);
    if (run.succeeded) this.#runs.accept(run);
    const ended = run.succeeded ? 'it was deployed' : `it failed: ${run.errors[0]?.message}`;
    const problems = run.succeeded || run.errors.length > 0 ? [] : ['it failed without an error'];
    if (!run.succeeded && fault.hinders?.includes(phase) === false) problems.push('nothing was in its way');
    const { engine } = place.server;
    await until('the engine answers', async () => (await engine.get('/version')) !== null);
    problems.push(...(await this.#visited.untruths()));
    await this.#recover('deploy');
    if (!fault.visible) problems.push(...this.#visited.lostSince(before));
    problems.push(...(await this.#visited.differences()));
    progress(`${name} in ${phase}`);
    return problems.map((problem) => `${name} in ${phase} (${ended}): ${problem}`);
  }

  /**
   * So many deploys begin, each of another version: they work one after the other, and the last one's version is live.
   * @param apart milliseconds from the start of one to that of the next
   * @returns what was not as it must be
   */
  async race(runs: number, apart = 0): Promise<readonly string[]> {
    const before = this.#visited.look();
    const next = Array.from({ length: runs }, (_, index) => String(this.#runs.version + index + 1));
    this.#visited.expect(...next);
    const order = new WorkOrder();
    const ended = await this.#runs.deployAtOnce(next, async (index) => {
      await pause(index * apart);
      return { onLine: ({ text }) => order.see(index, text) };
    });
    for (const index of order.turns) if (ended[index]?.succeeded) this.#runs.accept(ended[index]);
    const problems = ended.flatMap(({ succeeded: isDone, errors }) =>
      isDone ? [] : [`it failed: ${errors[0]?.message}`],
    );
    if (!order.isOneAfterTheOther) problems.push(`they worked at once: ${order.turns.join(', ')}`);
    await this.#visited.settle();
    problems.push(...this.#visited.lostSince(before), ...(await this.#visited.differences()));
    progress(raceText(runs, apart));
    return problems.map((problem) => `${raceText(runs, apart)}: ${problem}`);
  }

  /** The first deploy dies; the next one makes all whole. Afterwards the app is gone again. */
  async diesAtFirst(death: Death, move: Move = 'deploy'): Promise<readonly string[]> {
    await this.#arrive();
    const problems = [...(await this.#die(move, death)), ...(await this.#visited.untruths())];
    await this.#recover('again');
    problems.push(...(await this.#visited.differences()));
    await this.#runs.forget();
    progress(deathText(death));
    return problems.map((problem) => `the first ${move} died ${deathText(death)}: ${problem}`);
  }

  /** The steps of a first deploy, and what one that succeeds leaves; the app is gone again. */
  async stepsOfFirst(move: Move = 'deploy'): Promise<readonly PlannedStep[]> {
    await this.#arrive();
    const steps = await this.stepsOf(move);
    if (move === 'failing deploy') await this.#recover('again');
    await this.#visited.remember();
    await this.#runs.forget();
    return steps;
  }

  /** What became of the visitors so far. */
  look(): readonly LoadResult[] {
    return this.#visited.look();
  }

  remove(): Promise<void> {
    return this.#visited.remove();
  }

  /** Where faults happen. */
  #place() {
    const { lab, servers } = this.#options;
    const [server] = servers;
    const { registry, app } = this.#runs;
    if (server === undefined || registry === undefined) throw new Error('Nothing can fail here.');
    return { lab, server, app, registry };
  }

  async #arrive(): Promise<void> {
    await this.#options.former?.arrive(this.#runs.app);
  }

  async #die(move: Move, death: Ending): Promise<readonly string[]> {
    const { gates } = this.#runs;
    const watch = this.#runs.watch();
    const isMoment = this.#momentOf(death);
    const isHere = (text: string): boolean => {
      const seen = watch.see(text);
      this.#runs.note(seen);
      if (seen === undefined || !isMoment(seen)) return false;
      for (const gate of gates) gate.shut();
      return true;
    };
    const interrupt = { when: { test: isHere, toString: () => deathText(death) }, how: killTree };
    // The stage of a command has the name of its input. Nobody waits for the end of this one.
    const more = death !== PARTED && death.when === 'during' ? { [death.step.stage]: ENDLESS } : {};
    const run = await this.#runs.run(move, { interrupt, withoutPost: true }, more);
    for (const gate of gates) gate.reopen();
    if (run.signal !== 'SIGKILL') return [`it ended with ${run.exitCode}, not by SIGKILL`];
    await this.#runs.loseRunner();
    return [];
  }

  #momentOf(death: Ending): (event: StepEvent) => boolean {
    if (death !== PARTED) return (event) => isMomentOf(death, event);
    const parting = new Parting(this.#runs.gates);
    return (event) => parting.see(event);
  }

  async #recover(then: 'again' | Move): Promise<void> {
    await this.#runs.succeed(then);
    await this.#visited.settle();
  }
}
