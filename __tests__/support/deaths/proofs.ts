/** Tests that an action may die at any step of its plan. */
import { afterAll, expect, test } from '@jest/globals';
import type { Lab } from '../lab.ts';
import { COURSES, type Course, mortalApp, recoveryOf } from './courses.ts';
import { type Death, deathsIn, PARTED } from './deaths.ts';
import { type CourseName, kindsOf } from './kinds.ts';
import type { MortalApp } from './mortal-app.ts';
import type { PlannedStep } from './plan-steps.ts';

type Choose = (deaths: readonly Death[]) => readonly Death[];

/** @param choose the deaths to try; all of them, unless it is said */
export function provesDeaths(lab: Lab, name: CourseName, choose: Choose = (deaths) => deaths): void {
  let app: MortalApp | undefined;
  afterAll(() => app?.remove());

  test(`${name}: the action may die before and after each step`, async () => {
    const course = COURSES[name];
    app = await mortalApp(lab, course);
    const found = course.first ? await firstDeaths(app, course) : await deathsOf(app, course, choose);
    const kinds = new Set(found.steps.map(({ kind }) => kind));
    expect(kindsOf(name).filter((kind) => !kinds.has(kind))).toEqual([]);
    expect(found.deaths).toBeGreaterThan(0);
    expect(found.problems).toEqual([]);
  });
}

interface Found {
  readonly steps: readonly PlannedStep[];
  /** How many there were. */
  readonly deaths: number;
  readonly problems: readonly string[];
}

/** A command that goes on is ended by runs that have none: one that goes back, and one that finds its release live already. */
function recoveryAfter({ step, when }: Death, index: number): ReturnType<typeof recoveryOf> {
  if (when !== 'during') return recoveryOf(index);
  return step.stage === 'after-release' ? 'again' : 'rollback';
}

async function firstDeaths(app: MortalApp, { move, isMeant }: Course): Promise<Found> {
  const steps = await app.stepsOfFirst(move);
  const deaths = deathsIn(steps, isMeant);
  const problems: string[] = [];
  for (const death of deaths) problems.push(...(await app.diesAtFirst(death, move)));
  return { steps, deaths: deaths.length, problems };
}

async function deathsOf(app: MortalApp, course: Course, choose: Choose): Promise<Found> {
  const { move, isMeant, twice } = course;
  await app.begin();
  const steps: PlannedStep[] = [];
  /** By the shape that a deploy brings: it has other steps. */
  const left = new Map<number, Death[]>();
  while (twice !== PARTED && !left.has(app.nextShape)) {
    const next = app.nextShape;
    const found = await app.stepsOf(move);
    steps.push(...found);
    left.set(next, [...choose(deathsIn(found, isMeant))]);
  }
  const first = twice === PARTED ? PARTED : [...left.values()].flat()[0];
  const problems: string[] = [];
  let deaths = 0;
  while ([...left.values()].some(({ length }) => length > 0)) {
    const death = left.get(app.nextShape)?.shift();
    // The next deploy brings the other one.
    if (death === undefined) await app.stepsOf(move);
    else problems.push(...(await app.dies(move, death, recoveryAfter(death, deaths++))));
  }
  if (twice === undefined || first === undefined) return { steps, deaths, problems };
  const repairs = await app.repairsAfter(move, first);
  steps.push(...repairs);
  for (const second of deathsIn(repairs, twice === PARTED ? isMeant : undefined)) {
    const then = recoveryOf(deaths++);
    // Servers that have parted may have no former release in common: a rollback asks for the name of one.
    problems.push(...(await app.dies(move, first, twice === PARTED ? 'again' : then, second)));
  }
  return { steps, deaths, problems };
}
