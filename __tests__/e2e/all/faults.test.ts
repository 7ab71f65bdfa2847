/** Something happens to a server while a deploy is at work there: the deploy ends, and the next one makes all whole (script/chaos: each in each stage). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { COURSES, mortalApp } from '../../support/deaths/courses.ts';
import { FAULT_STAGES, SERVER_FAULTS } from '../../support/deaths/faults.ts';
import type { MortalApp } from '../../support/deaths/mortal-app.ts';
import { labWith } from '../../support/lab.ts';

const lab = await labWith(1);

let app: MortalApp | undefined;
beforeAll(async () => {
  app = await mortalApp(lab, { ...COURSES['blue-green'], way: 'ssh' });
  await app.begin();
});
afterAll(() => app?.remove());

/** By turns, so that each stage has its faults. */
const CASES = SERVER_FAULTS.map((fault, index) => {
  const stage = FAULT_STAGES[index % FAULT_STAGES.length] ?? 'start';
  return [fault.name, stage, fault] as const;
});

test.each(CASES)(
  '%s in the stage %s: the deploy ends, and the next one makes all whole',
  async (_, stage, fault) => {
    expect(await app?.suffers(fault, stage)).toEqual([]);
  },
);
