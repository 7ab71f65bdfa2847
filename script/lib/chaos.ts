/** The long form of the e2e tests `deaths-…` and `faults`: every fault of every course, or some by chance. */
import { cpus, release } from 'node:os';
import { parseArgs } from 'node:util';
import {
  COURSES,
  type Course,
  FAULTS_COURSE,
  mortalApp,
  RACES_COURSE,
  RECOVERIES,
} from '../../__tests__/support/deaths/courses.ts';
import { type Death, deathText } from '../../__tests__/support/deaths/deaths.ts';
import { faultTrials } from '../../__tests__/support/deaths/fault-trials.ts';
import type { CourseName } from '../../__tests__/support/deaths/kinds.ts';
import { type MortalApp, raceText } from '../../__tests__/support/deaths/mortal-app.ts';
import type { PlannedStep } from '../../__tests__/support/deaths/plan-steps.ts';
import type { Lab } from '../../__tests__/support/lab.ts';
import { anySeed, type Random, randomFrom } from '../../__tests__/support/load/random.ts';
import { type ChaosResult, chaosTable, isSurvived } from './chaos/tables.ts';
import { dim, green, heading, red, say } from './demo/terminal.ts';
import { withLab } from './own-lab.ts';

/** One fault: does it, and answers what was not as it must be. */
interface Injection {
  readonly name: string;
  readonly inject: (app: MortalApp) => Promise<readonly string[]>;
}

interface ChaosCourse {
  readonly name: string;
  readonly course: Course;
  /** Brings the app to where the faults begin. */
  readonly begin: (app: MortalApp) => Promise<readonly PlannedStep[]>;
  readonly injections: (steps: readonly PlannedStep[], random: Random) => readonly Injection[];
}

const both = (steps: readonly PlannedStep[]): readonly Death[] =>
  steps.flatMap((step) => [
    { step, when: 'before' as const },
    { step, when: 'after' as const },
  ]);

const dying = (name: CourseName): ChaosCourse => ({
  name,
  course: COURSES[name],
  begin: async (app) => {
    await app.begin();
    return app.stepsOf(COURSES[name].move);
  },
  injections: (steps, random) =>
    both(steps).map((death) => {
      const then = RECOVERIES[random.whole(0, RECOVERIES.length - 1)] ?? 'again';
      return {
        name: `${deathText(death)}, then ${then}`,
        inject: (app) => app.dies(COURSES[name].move, death, then),
      };
    }),
});

/** How often as many deploys race. */
const RACES = 50;
/** Milliseconds from the start of one deploy to that of the next. */
const STARTS = [0, 1500, 4000];

const COURSES_OF_CHAOS: readonly ChaosCourse[] = [
  ...(['blue-green', 'rolling', 'canary', 'recreate', 'rollback'] as const).map((name) => dying(name)),
  {
    name: 'first',
    course: COURSES.first,
    begin: (app) => app.stepsOfFirst(),
    injections: (steps) =>
      both(steps).map((death) => ({ name: deathText(death), inject: (app) => app.diesAtFirst(death) })),
  },
  dying('fleet'),
  {
    name: 'faults',
    course: FAULTS_COURSE,
    begin: async (app) => {
      await app.begin();
      return [];
    },
    injections: () =>
      faultTrials(() => true).map(([fault, phase]) => ({
        name: `${fault} in ${phase}`,
        inject: (app: MortalApp) => app.suffers(fault, phase),
      })),
  },
  {
    name: 'races',
    course: RACES_COURSE,
    begin: async (app) => {
      await app.begin();
      return [];
    },
    // Those of two and of eight in turn, so that a part of them has both.
    injections: () =>
      Array.from({ length: RACES }, (_, index) =>
        [2, 8].map((runs) => {
          const apart = STARTS[index % STARTS.length] ?? 0;
          return {
            name: `${raceText(runs, apart)}, race ${index + 1}`,
            inject: (app: MortalApp) => app.race(runs, apart),
          };
        }),
      ).flat(),
  },
];

interface Wish {
  readonly courses: readonly ChaosCourse[];
  readonly times: number;
  /** After so many milliseconds of a course no further fault begins. */
  readonly time: number;
  readonly seed: number;
}

function wish(): Wish {
  const { values } = parseArgs({
    options: {
      ...{ only: { type: 'string' }, times: { type: 'string' } },
      ...{ minutes: { type: 'string' }, seed: { type: 'string' } },
    },
  });
  const names = values.only?.split(',').map((name) => name.trim());
  const unknown = names?.filter((name) => !COURSES_OF_CHAOS.some((course) => course.name === name)) ?? [];
  if (unknown.length > 0)
    throw new Error(
      `--only knows ${COURSES_OF_CHAOS.map(({ name }) => name).join(', ')}, not ${unknown.join(', ')}.`,
    );
  return {
    courses: COURSES_OF_CHAOS.filter(({ name }) => names === undefined || names.includes(name)),
    times: values.times === undefined ? Number.POSITIVE_INFINITY : Number(values.times),
    time: values.minutes === undefined ? Number.POSITIVE_INFINITY : Number(values.minutes) * 60_000,
    seed: values.seed === undefined ? anySeed() : Number(values.seed),
  };
}

/** So many of them by chance, in the order in which they stand. */
function pick<Each>(all: readonly Each[], times: number, random: Random): readonly Each[] {
  if (all.length <= times) return all;
  const places = new Set<number>();
  while (places.size < times) places.add(random.whole(0, all.length - 1));
  return all.filter((_, place) => places.has(place));
}

async function run(
  lab: Lab,
  { name, course, begin, injections }: ChaosCourse,
  { times, time, seed }: Wish,
): Promise<ChaosResult> {
  heading(name);
  const random = randomFrom(seed);
  const app = await mortalApp(lab, course);
  const began = performance.now();
  let survived = 0;
  let injected = 0;
  const problems: string[] = [];
  const end = (): ChaosResult => {
    const loads = app.look();
    const sum = (of: (load: (typeof loads)[number]) => number): number =>
      loads.reduce((total, load) => total + of(load), 0);
    return {
      ...{ name, injected, survived, problems },
      ...{ requests: sum(({ requests }) => requests), failed: sum(({ failed }) => failed) },
      took: performance.now() - began,
    };
  };
  try {
    for (const { name: what, inject } of pick(injections(await begin(app), random), times, random)) {
      if (performance.now() - began > time) break;
      injected += 1;
      const found = await inject(app);
      if (found.length === 0) survived += 1;
      problems.push(...found);
      say(`  ${found.length === 0 ? green('✓') : red('✗')} ${what}`);
      for (const problem of found) say(red(`    ${problem}`));
    }
  } catch (error) {
    problems.push(`ended early: ${error instanceof Error ? error.message : String(error)}`);
    say(red(`  ${problems.at(-1)}`));
  } finally {
    await app.remove().catch((error) => say(red(`  ${String(error)}`)));
  }
  return end();
}

try {
  const wanted = wish();
  say(`Seed ${wanted.seed}`);
  const servers = Math.max(...wanted.courses.map(({ course }) => course.servers));
  const results = await withLab({ servers, net: '172.31.141' }, async (lab) => {
    const all: ChaosResult[] = [];
    for (const course of wanted.courses) all.push(await run(lab, course, wanted));
    return all;
  });
  heading('Results');
  say(chaosTable(results));
  say(dim(`\nSeed ${wanted.seed}. ${cpus().length} cores, Linux ${release()}, Node ${process.version}.`));
  const good = results.every(isSurvived);
  say(good ? green('Every fault was survived.') : red('Not every fault was survived.'));
  if (!good) process.exitCode = 1;
} catch (error) {
  say(red(`\nIt ended early: ${error instanceof Error ? error.message : String(error)}`));
  process.exitCode = 1;
}
