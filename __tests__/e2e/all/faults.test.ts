/** Something happens to a server, its network or the registry in a phase of a delivery: it ends, and the next one makes all whole (script/chaos: each in each phase). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FAULTS_COURSE, mortalApp } from '../../support/deaths/courses.ts';
import { faultTrials } from '../../support/deaths/fault-trials.ts';
import type { MortalApp } from '../../support/deaths/mortal-app.ts';
import { labWith } from '../../support/lab.ts';

const lab = await labWith(1, { builds: true });

let app: MortalApp | undefined;
beforeAll(async () => {
  app = await mortalApp(lab, FAULTS_COURSE);
  await app.begin();
});
afterAll(() => app?.remove());

test.each(faultTrials((trial) => trial === 'each run'))(
  '%s in the phase %s: the delivery ends, and the next one makes all whole',
  async (fault, phase) => {
    expect(await app?.suffers(fault, phase)).toEqual([]);
  },
);
