/** Tests that an action may die at any step of its plan. */
import { afterAll, expect, test } from '@jest/globals';
import type { Lab } from '../lab.ts';
import { type Course, courseText, deathsIn, mortalApp, recoveryOf } from './courses.ts';
import type { Death, MortalApp } from './mortal-app.ts';

/** @param pick the deaths to try; all of them, unless it is said */
export function provesDeaths(
  lab: Lab,
  course: Course,
  pick: (deaths: readonly Death[]) => readonly Death[] = (deaths) => deaths,
): void {
  let app: MortalApp | undefined;
  afterAll(() => app?.remove());

  test(`${courseText(course)}: the action may die before and after each step`, async () => {
    app = await mortalApp(lab, course);
    await app.begin();
    const steps = await app.stepsOf(course.move);
    expect(steps.length).toBeGreaterThan(3);
    const deaths = pick(deathsIn(steps));
    expect(deaths.length).toBeGreaterThan(0);
    const problems: string[] = [];
    for (const [index, death] of deaths.entries())
      problems.push(...(await app.dies(course.move, death, recoveryOf(index))));
    expect(problems).toEqual([]);
  });
}

export function provesFirstDeaths(lab: Lab): void {
  let app: MortalApp | undefined;
  afterAll(() => app?.remove());

  test('a first deploy may die before and after each step', async () => {
    app = await mortalApp(lab, { strategy: 'blue-green', move: 'deploy', servers: 1 });
    const problems: string[] = [];
    for (const death of deathsIn(await app.stepsOfFirst())) problems.push(...(await app.diesAtFirst(death)));
    expect(problems).toEqual([]);
  });
}
