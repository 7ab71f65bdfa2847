/** The short form of script/soak: each strategy a few times while visitors of every kind are there. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { labWith } from '../../support/lab.ts';
import { anySeed } from '../../support/load/random.ts';
import { SoakApp } from '../../support/soak/app.ts';
import { COURSES } from '../../support/soak/courses.ts';
import { runCourse } from '../../support/soak/run.ts';

const lab = await labWith(1, { builds: true });
const courses = COURSES.filter(({ times }) => times.short > 0);

let app: SoakApp;
beforeAll(async () => {
  app = await SoakApp.prepare(lab, { replicas: 2, updateConfig: { order: 'start-first' } });
  await app.begin({});
});
afterAll(() => app.remove());

test.each(courses)('$name under load of every kind: no request is lost, none goes astray', async (course) => {
  const times = course.times.short;
  const { error, moves, load } = await runCourse(app, course, { times, seed: anySeed(), longest: 2000 });
  if (error !== undefined) throw error;
  expect({ seed: load.seed, failures: load.failures }).toEqual({ seed: load.seed, failures: [] });
  expect(moves).toHaveLength(times);
  // The load was there at all, of every kind.
  expect(load.kinds.size).toBe(15);
});
