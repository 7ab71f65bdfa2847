/** Which apps, moves and recoveries are tried with deaths and faults. */
import type { Inputs } from '../action.ts';
import type { Lab, Server } from '../lab.ts';
import { type Death, MortalApp, type Move } from './mortal-app.ts';
import type { PlannedStep } from './plan-steps.ts';

export interface Course {
  readonly strategy: 'blue-green' | 'rolling' | 'canary' | 'recreate';
  readonly move: Move;
  readonly servers: number;
  readonly way?: 'gate' | 'ssh';
}

const INPUTS: Readonly<Record<Course['strategy'], Inputs>> = {
  'blue-green': { bake: '1s', 'canary-min-requests': '1', 'canary-max-latency-ratio': '1000' },
  rolling: {},
  canary: {
    canary: '30% 1s, 60% 1s, 100%',
    'canary-min-requests': '1',
    'canary-max-latency-ratio': '1000',
  },
  recreate: {},
};

export const courseText = ({ strategy, move, servers }: Course): string =>
  `${move === 'rollback' ? 'rollback' : strategy}${servers === 1 ? '' : ` on ${servers} servers`}`;

export const mortalApp = (lab: Lab, { strategy, servers, way = 'gate' }: Course): Promise<MortalApp> =>
  MortalApp.make({
    lab,
    servers: lab.servers.slice(0, servers) satisfies readonly Server[],
    inputs: { strategy, ...INPUTS[strategy] },
    gaps: strategy === 'recreate',
    way,
  });

/**
 * Where to die so that every state is met that a death can leave: before the first step, and after each one. Where one server works alone,
 * what is so after a step is so before the next one too.
 */
export const deathsIn = (steps: readonly PlannedStep[]): readonly Death[] => [
  ...steps.slice(0, 1).map((step): Death => ({ step, when: 'before' })),
  ...steps.map((step): Death => ({ step, when: 'after' })),
];

export const RECOVERIES = ['again', 'deploy', 'rollback'] as const;
/** The run after the death with this number. */
export const recoveryOf = (index: number): (typeof RECOVERIES)[number] =>
  RECOVERIES[index % RECOVERIES.length] ?? 'again';
