import { type ActionRun, type Command, type Inputs, runAction } from '../../../__tests__/support/action.ts';
import { ask } from '../../../__tests__/support/http.ts';
import type { Lab } from '../../../__tests__/support/lab.ts';
import type { Workspace } from '../../../__tests__/support/workspace.ts';
import { bold, dim, green, logLine, red, say, seconds, summary, table } from './terminal.ts';

/** Where the steps of the demo run: each is the bundled action in dist/, run as GitHub's runner runs it. */
export class Stage {
  readonly lab: Lab;
  readonly checkout: Workspace;
  readonly #rows: string[][] = [];

  constructor(lab: Lab, checkout: Workspace) {
    this.lab = lab;
    this.checkout = checkout;
  }

  /** Runs a step of a workflow: shows its log and summary, and checks the expected result. */
  async step(
    title: string,
    command: Command,
    inputs: Inputs,
    expected: 'succeeds' | 'fails' = 'succeeds',
  ): Promise<ActionRun> {
    const { lab, checkout } = this;
    say(bold(`▶ ${title}`));
    say(dim(`  uses: sealift/sealift${command === 'deliver' ? '' : `/${command}`}@v1`));
    const began = performance.now();
    const run = await runAction(command, inputs, {
      workspace: checkout.path,
      sha: checkout.sha,
      env: lab.runnerEnvironment,
      onLine: logLine,
    });
    const took = performance.now() - began;
    summary(run.summary);
    const asExpected = run.succeeded === (expected === 'succeeds');
    const result = run.succeeded ? 'succeeded' : 'the job failed, as expected';
    say();
    say(
      asExpected
        ? green(`  ✓ ${title}: ${result}, ${seconds(took)}`)
        : red(`  ✗ ${title}: exit code ${run.exitCode}`),
    );
    say();
    this.#rows.push([title, result, seconds(took)]);
    if (!asExpected)
      throw new Error(`"${title}" was expected to ${expected === 'succeeds' ? 'succeed' : 'fail'}.`);
    return run;
  }

  /** Shows which version each address of an environment answers with. */
  async shows(environment: string, addresses: readonly string[], version: string): Promise<void> {
    for (const address of addresses) {
      const { body } = await ask(`${address}version`);
      const answer: { version?: unknown } = JSON.parse(body);
      say(`  ${environment} ${address} answers: ${body.trim()}`);
      if (answer.version !== version) throw new Error(`${address} should show ${version}.`);
    }
    say();
  }

  /** The steps that ran, with their results. */
  report(): void {
    table(['step', 'result', 'time'], this.#rows);
  }
}
