/** Whole deploys of one environment, eight at once (script/chaos --only races: fifty times). */
import { afterAll, expect, test } from '@jest/globals';
import { mortalApp } from '../../support/deaths/courses.ts';
import type { MortalApp } from '../../support/deaths/mortal-app.ts';
import { labWith } from '../../support/lab.ts';

const lab = await labWith(1);

let app: MortalApp | undefined;
afterAll(() => app?.remove());

test.each([2, 8])(
  'of %i deploys at once one after the other does its work; the last one is live, and no request is lost',
  async (runs) => {
    app ??= await begun();
    expect(await app.race(runs)).toEqual([]);
  },
);

async function begun(): Promise<MortalApp> {
  const it = await mortalApp(lab, { strategy: 'blue-green', move: 'deploy', servers: 1, way: 'ssh' });
  await it.begin();
  return it;
}
