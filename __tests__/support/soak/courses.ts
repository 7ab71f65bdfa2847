/** What is done to an app in a soak, as data: another strategy is another line. */
import type { Inputs } from '../action.ts';
import type { Shape } from './app.ts';
import { broken, deployed, type Move, rolledBack } from './moves.ts';

export interface Course extends Shape {
  readonly name: string;
  /** How often in the long form, and in the short one. */
  readonly times: { readonly long: number; readonly short: number };
  readonly move: Move;
  readonly inputs: Inputs;
  /** A strategy that is not without a gap: how long it lasted is told, and does not fail the soak. */
  readonly gaps?: boolean;
}

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
    move: broken,
    replicas: 1,
    inputs: { strategy: 'blue-green' },
  },
  {
    name: 'rollback',
    times: { long: 20, short: 1 },
    move: rolledBack,
    replicas: 2,
    inputs: { strategy: 'blue-green' },
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
