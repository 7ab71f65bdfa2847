/** Where an action is made to die, and how that moment is known. */
import { expect, test } from '@jest/globals';
import { deathsIn, deathText, isMomentOf } from './deaths.ts';
import { type StepEvent, StepWatch } from './plan-steps.ts';

const HOST = 'ssh://one';
const KINDS = { 'before-release': 'run-hook', start: 'start-services', check: 'check-health' } as const;

/** The events of a run, which `run-hook` has printed in. */
function events(): readonly StepEvent[] {
  const watch = new StepWatch([HOST]);
  const lines = Object.entries(KINDS).flatMap(([stage, kind]) => [
    `${HOST} ${stage}: ${JSON.stringify({ kind, release: '1a2b3c4d' })}`,
    `… ${HOST}  it begins`,
    ...(kind === 'run-hook' ? [`${HOST}  │ works`] : ['  │ of another program']),
    `✓ ${HOST}  it has ended  1 s`,
  ]);
  return lines.flatMap((line) => watch.see(line) ?? []);
}

const steps = events().flatMap(({ event, step }) => (event === 'begins' ? [step] : []));

test('a run dies before its first step and after each one, and while a command of it runs', () => {
  expect(deathsIn(steps).map(deathText)).toEqual([
    'before before-release: run-hook',
    'during before-release: run-hook',
    'after before-release: run-hook',
    'after start: start-services',
    'after check: check-health',
  ]);
});

test('where only some steps are meant, it dies before and after each of these', () => {
  expect(deathsIn(steps, ({ kind }) => kind !== 'start-services').map(deathText)).toEqual([
    'before before-release: run-hook',
    'during before-release: run-hook',
    'after before-release: run-hook',
    'before check: check-health',
    'after check: check-health',
  ]);
});

test('each death has one moment in a run', () => {
  const moments = deathsIn(steps).map((death) =>
    events().flatMap((event, index) => (isMomentOf(death, event) ? [index] : [])),
  );
  expect(moments).toEqual([[0], [1], [2], [4], [6]]);
});
