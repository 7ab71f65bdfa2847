/** When the servers of a fleet part, by what a run says. */
import { expect, test } from '@jest/globals';
import { Parting } from './parting.ts';
import { StepWatch } from './plan-steps.ts';

const [ONE, TWO] = ['ssh://one', 'ssh://two'] as const;

/** A way that writes down what is done to it. */
function gateOf(name: string, done: string[]) {
  const note = (what: string) => () => void done.push(`${name} ${what}`);
  return { shut: note('is shut'), refuse: note('refuses'), reopen: note('opens') };
}

const begins = (host: string, stage: string, kind: string): string =>
  `${host} ${stage}: ${JSON.stringify({ kind, release: '1a2b3c4d' })}`;

test('the last server refuses to accept, the others are out of reach from then on, and the run dies when the last one has gone back', () => {
  const done: string[] = [];
  const parting = new Parting([gateOf('one', done), gateOf('two', done)]);
  const watch = new StepWatch([ONE, TWO]);
  const log = [
    begins(ONE, 'switch', 'switch-traffic'),
    `✓ ${ONE}  switch traffic to 1a2b3c4d`,
    begins(TWO, 'switch', 'switch-traffic'),
    `✓ ${TWO}  switch traffic to 1a2b3c4d`,
    begins(ONE, 'accept', 'accept-release'),
    begins(TWO, 'accept', 'accept-release'),
    `✓ ${ONE}  accept 1a2b3c4d`,
    `✗ ${TWO}  accept 1a2b3c4d`,
    begins(ONE, 'accept', 'record-rollback'),
    begins(TWO, 'accept', 'record-rollback'),
    `↶ ${TWO}  record that 1a2b3c4d was rolled back`,
    begins(TWO, 'accept', 'switch-traffic'),
    `↶ ${TWO}  switch traffic to 0badcafe`,
  ];
  const moments = log.map((line) => {
    const event = watch.see(line);
    return event !== undefined && parting.see(event);
  });
  expect(done).toEqual(['two refuses', 'two opens', 'one is shut']);
  expect(moments.indexOf(true)).toBe(log.length - 1);
});
