/** Which apps, moves and recoveries are tried with deaths and faults. */
import type { Inputs } from '../action.ts';
import type { Lab, Server } from '../lab.ts';
import type { MortalOptions, Move } from './app-runs.ts';
import { PARTED } from './deaths.ts';
import { adoptingShape, formerDeployment } from './former-deployment.ts';
import { type CourseName, kindsOf } from './kinds.ts';
import { MortalApp } from './mortal-app.ts';
import type { PlannedStep } from './plan-steps.ts';
import { completeShape, opensAndCloses, type Shape } from './shapes.ts';

export interface Course {
  readonly strategy: 'blue-green' | 'rolling' | 'canary' | 'recreate';
  readonly move: Move;
  readonly servers: number;
  readonly way?: 'gate' | 'ssh';
  /** Its versions are built and pushed. */
  readonly builds?: boolean;
  /** Nothing is deployed before. */
  readonly first?: true;
  /** What its app is by turns, if it is not the plain one. */
  readonly shapes?: () => readonly Shape[];
  readonly former?: MortalOptions['former'];
  /** The steps to die at, if these are not all. */
  readonly isMeant?: (step: PlannedStep) => boolean;
  /** The run that repairs dies as well: at each of its steps, or at those to die at if the first one has ended in this way. */
  readonly twice?: true | typeof PARTED;
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

/** Steps of the kinds that a course is for, and the switch. */
const ofItsKinds =
  (name: CourseName) =>
  ({ kind }: PlannedStep): boolean =>
    kind === 'switch-traffic' || kindsOf(name).includes(kind);

/** The stage in which a failing deploy fails, and is undone. */
const FAILS_IN = 'verify';

const ONE = { strategy: 'blue-green', move: 'deploy', servers: 1 } as const;
const TAKING_OVER = { first: true, shapes: () => [adoptingShape], former: formerDeployment } as const;

export const COURSES: Readonly<Record<CourseName, Course>> = {
  'blue-green': ONE,
  rolling: { ...ONE, strategy: 'rolling' },
  canary: { ...ONE, strategy: 'canary' },
  recreate: { ...ONE, strategy: 'recreate' },
  rollback: { ...ONE, move: 'rollback' },
  first: { ...ONE, first: true },
  fleet: { ...ONE, servers: 3 },
  parted: { ...ONE, servers: 3, isMeant: ofItsKinds('parted'), twice: PARTED },
  ssh: { ...ONE, way: 'ssh', shapes: () => [completeShape()], isMeant: ofItsKinds('ssh') },
  opening: { ...ONE, shapes: opensAndCloses, isMeant: ofItsKinds('opening') },
  failing: { ...ONE, move: 'failing deploy', isMeant: ({ stage }) => stage === FAILS_IN, twice: true },
  adopting: { ...ONE, ...TAKING_OVER, isMeant: ofItsKinds('adopting') },
  'giving-back': {
    ...{ ...ONE, ...TAKING_OVER, move: 'failing deploy' },
    isMeant: ({ stage, kind }) => stage === FAILS_IN && kindsOf('giving-back').includes(kind),
  },
};

/** A plain deploy over SSH, while another is at work. */
export const RACES_COURSE: Course = { ...ONE, way: 'ssh' };
/** A delivery over SSH, while something happens. */
export const FAULTS_COURSE: Course = { ...ONE, way: 'ssh', builds: true };

export const mortalApp = (
  lab: Lab,
  { strategy, servers, way = 'gate', builds = false, shapes, former }: Course,
): Promise<MortalApp> =>
  MortalApp.make({
    lab,
    servers: lab.servers.slice(0, servers) satisfies readonly Server[],
    inputs: { strategy, ...INPUTS[strategy] },
    gaps: strategy === 'recreate',
    way,
    builds,
    ...(shapes && { shapes: shapes() }),
    ...(former && { former }),
  });

export const RECOVERIES = ['again', 'deploy', 'rollback'] as const;
/** The run after the death with this number. */
export const recoveryOf = (index: number): (typeof RECOVERIES)[number] =>
  RECOVERIES[index % RECOVERIES.length] ?? 'again';
