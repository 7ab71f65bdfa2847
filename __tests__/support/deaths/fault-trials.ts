/** Which fault is tried in which phase, and where. */
import { FAULT_PHASES, type FaultPhase, type NotTried } from './fault-phases.ts';
import { FAULT_NAMES, type FaultName } from './faults.ts';

/** `each run`: in `script/test all`, and in `script/chaos` as well. */
type Trial = 'each run' | 'chaos' | NotTried;

/** A new phase needs a line here. */
const CHAOS: Readonly<Record<FaultPhase, Trial>> = {
  connect: 'chaos',
  build: 'chaos',
  push: 'chaos',
  pull: 'chaos',
  start: 'chaos',
  check: 'chaos',
  switch: 'chaos',
  bake: 'chaos',
  'final-check': 'chaos',
  record: 'chaos',
  drain: 'chaos',
  stop: 'chaos',
  prune: 'chaos',
};

/** A new fault needs a line here. Each phase has a fault in each run, and each fault a phase. */
const TRIALS: Readonly<Record<FaultName, Readonly<Record<FaultPhase, Trial>>>> = {
  'dockerd restarts': { ...CHAOS, check: 'each run' },
  'dockerd is killed': { ...CHAOS, start: 'each run' },
  'the server dies and comes back': { ...CHAOS, switch: 'each run' },
  'the edge is killed': { ...CHAOS, 'final-check': 'each run' },
  'the edge is removed': { ...CHAOS, drain: 'each run' },
  'sshd restarts': { ...CHAOS, build: 'each run' },
  'the network is cut for 6 s': { ...CHAOS, bake: 'each run' },
  'the network is cut for 60 s': { ...CHAOS, connect: 'each run' },
  'the registry answers 500': { ...CHAOS, push: 'each run' },
  'the registry hangs': {
    ...CHAOS,
    stop: 'each run',
    build: { not: 'a build asks only where it pushes to, and that is the phase push' },
    push: { not: 'it ends after 30 minutes of silence: image/push-silence has a shorter limit' },
  },
  'the disk is full': { ...CHAOS, pull: 'each run', record: 'each run' },
  'docker system prune -af': { ...CHAOS, prune: 'each run' },
};

/** The faults that are tried, each with its phase. */
export const faultTrials = (
  isMeant: (trial: 'each run' | 'chaos') => boolean,
): readonly (readonly [FaultName, FaultPhase])[] =>
  FAULT_NAMES.flatMap((fault) =>
    FAULT_PHASES.flatMap((phase) => {
      const trial = TRIALS[fault][phase];
      return typeof trial === 'string' && isMeant(trial) ? [[fault, phase] as const] : [];
    }),
  );
