/** That each fault happens in each phase of a delivery, and that a delivery has these phases. */
import { expect, test } from '@jest/globals';
import { beginsPhase, FAULT_PHASES, PHASE_OF } from './fault-phases.ts';
import { faultTrials } from './fault-trials.ts';
import { FAULT_NAMES } from './faults.ts';
import { kindsOf } from './kinds.ts';
import { StepWatch } from './plan-steps.ts';

const inEachRun = faultTrials((trial) => trial === 'each run');

test('each fault and each phase has its turn in each run of all tests', () => {
  expect(new Set(inEachRun.map(([fault]) => fault))).toEqual(new Set(FAULT_NAMES));
  expect(new Set(inEachRun.map(([, phase]) => phase))).toEqual(new Set(FAULT_PHASES));
});

test('script/chaos tries each fault in each phase, but for two in which the registry hangs', () => {
  const all = FAULT_NAMES.flatMap((fault) => FAULT_PHASES.map((phase) => `${fault}: ${phase}`));
  const tried = new Set(faultTrials(() => true).map(([fault, phase]) => `${fault}: ${phase}`));
  expect(all.filter((each) => !tried.has(each))).toEqual([
    'the registry hangs: build',
    'the registry hangs: push',
  ]);
});

test('a delivery by blue-green has a step in each phase of its plan', () => {
  const kinds = kindsOf('blue-green');
  const phases = Object.entries(PHASE_OF).flatMap(([kind, phase]) => (kinds.includes(kind) ? [phase] : []));
  expect(FAULT_PHASES.filter((phase) => !phases.some((each) => each === phase))).toEqual([
    'connect',
    'build',
    'push',
  ]);
});

test('a phase begins with its line of the log', () => {
  const host = 'ssh://deploy@172.31.128.11';
  const watch = new StepWatch([host]);
  const log = [
    'Read the Compose file',
    'Build, test and push',
    '$ docker buildx bake --file /tmp/bake.json --progress plain image',
    '#7 exporting layers',
    '#7 pushing layers',
    `${host} recover: {"kind":"stop-services","release":"0badcafe"}`,
    `✓ ${host} stop web of 0badcafe`,
    `${host} pull: {"kind":"pull-images","release":"1a2b3c4d"}`,
    `✓ ${host} pull the images of 1a2b3c4d`,
    `${host} prepare: {"kind":"record-release","release":"1a2b3c4d"}`,
    `${host} retire: {"kind":"stop-services","release":"0badcafe"}`,
  ];
  const begun = log.map((line) => {
    const seen = watch.see(line);
    return FAULT_PHASES.filter((phase) => beginsPhase(phase, line, seen));
  });
  expect(begun.map((phases) => phases.join())).toEqual([
    'connect',
    '',
    'build',
    '',
    'push',
    '',
    '',
    'pull',
    '',
    'start',
    'stop',
  ]);
});
