/** What is done to an app in a soak, as data: another strategy is another line. */
import type { Inputs } from '../action.ts';
import type { Crowd, Shape } from './app.ts';
import { LATE_FAULTS, LOUD_FAULTS, SILENT_FAULTS } from './faults.ts';
import { deployed, type Move, manualRollback, rolledBack } from './moves.ts';

export interface Course extends Shape {
  readonly name: string;
  /** How often in the long form, and in the short one. */
  readonly times: { readonly long: number; readonly short: number };
  readonly move: Move;
  readonly inputs: Inputs;
  /** Visitors of every kind, unless it is said. */
  readonly crowd?: Crowd;
  /** A strategy that is not without a gap: how long it lasted is told, and does not fail the soak. */
  readonly gaps?: boolean;
}

/** Seconds that a canary is judged for. */
const JUDGED = 10;

export const COURSES: readonly Course[] = [
  {
    name: 'blue-green',
    times: { long: 100, short: 2 },
    move: deployed,
    replicas: 1,
    inputs: { strategy: 'blue-green' },
  },
  {
    name: 'automatic rollback',
    times: { long: 20, short: 3 },
    move: rolledBack(SILENT_FAULTS),
    replicas: 1,
    inputs: { strategy: 'blue-green' },
  },
  {
    name: 'bake',
    times: { long: 10, short: 1 },
    move: deployed,
    replicas: 1,
    inputs: { strategy: 'blue-green', bake: '5s', 'canary-max-latency-ratio': '10' },
  },
  {
    name: 'bake rolled back',
    times: { long: 10, short: 1 },
    move: rolledBack(LATE_FAULTS),
    replicas: 1,
    // Longer than an unhealthy release takes to be found out on a slow machine; it ends when it is.
    inputs: { strategy: 'blue-green', bake: '5m', 'canary-max-latency-ratio': '10' },
  },
  {
    name: 'rollback',
    times: { long: 20, short: 1 },
    move: manualRollback,
    replicas: 2,
    inputs: { strategy: 'blue-green' },
  },
  {
    name: 'rolling',
    times: { long: 30, short: 1 },
    move: deployed,
    replicas: 3,
    updateConfig: { parallelism: 1, order: 'start-first', monitor: '1s' },
    inputs: { strategy: 'rolling' },
  },
  {
    name: 'canary',
    times: { long: 20, short: 1 },
    move: deployed,
    replicas: 1,
    // What else the machine does makes single answers slow, and is not what is tried here.
    inputs: { strategy: 'canary', canary: '20% 3s, 60% 3s, 100%', 'canary-max-latency-ratio': '10' },
  },
  {
    name: 'canary rolled back',
    times: { long: 6, short: 0 },
    move: rolledBack(LOUD_FAULTS, JUDGED * 1000),
    replicas: 1,
    behaviour: { LATENCY_MS: 200 },
    crowd: 'plain',
    inputs: { strategy: 'canary', canary: `20% ${JUDGED}s, 100%`, 'canary-min-requests': '50' },
    gaps: true,
  },
  {
    name: 'recreate',
    times: { long: 5, short: 0 },
    move: deployed,
    replicas: 1,
    inputs: { strategy: 'recreate' },
    gaps: true,
  },
];
