/** Whole deploys of one environment, up to eight at once (script/chaos --only races: fifty times). */
import { afterAll, expect, test } from '@jest/globals';
import { COURSES, mortalApp } from '../../support/deaths/courses.ts';
import type { MortalApp } from '../../support/deaths/mortal-app.ts';
import { labWith } from '../../support/lab.ts';

const lab = await labWith(1);

let app: MortalApp | undefined;
afterAll(() => app?.remove());

test.each([
  [2, 0],
  [2, 1500],
  [2, 4000],
  [8, 0],
])(
  'of %i deploys that begin %i ms apart one after the other does its work; the last one is live, and no request is lost',
  async (runs, apart) => {
    app ??= await begun();
    expect(await app.race(runs, apart)).toEqual([]);
  },
);

async function begun(): Promise<MortalApp> {
  const it = await mortalApp(lab, { ...COURSES['blue-green'], way: 'ssh' });
  await it.begin();
  return it;
}
