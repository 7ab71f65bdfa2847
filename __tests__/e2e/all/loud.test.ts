/** A release, or a command around it, that prints 200 MB: the action takes no more memory than usual, says in time what is wrong, and shows a few lines of it. */
import { expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { appInVersions } from '../../support/app-in-versions.ts';
import { node } from '../../support/hooks-app.ts';
import { labWith } from '../../support/lab.ts';
import { succeeded } from '../../support/test-app.ts';

const lab = await labWith(1);
const versions = appInVersions({
  ...{ lab, stem: 'loud', behaviour: { PRINT_MB: 0, PRINT_LINE: 1000, EXIT_AFTER_MS: '', EXIT_CODE: 0 } },
});

/** Kilobytes beyond those of a deploy that nobody disturbs: far less than what is printed, more than by chance. */
const MORE = 120_000;
let usual: number | undefined;
async function expectSmall({ peakKilobytes, summary, outputs }: ActionRun): Promise<void> {
  usual ??= succeeded(await versions.deploy()).peakKilobytes;
  versions.stays();
  expect(usual).toBeGreaterThan(40_000);
  expect(peakKilobytes - usual).toBeLessThan(MORE);
  expect(summary.length).toBeLessThan(1_000_000);
  expect(outputs['report']?.length ?? 0).toBeLessThan(400_001);
}

test.each([
  ['in lines', 1000],
  ['as one line', 200_000_000],
])('a release that prints 200 MB %s and then ends fails as any other that ends', async (_, line) => {
  const run = await versions.deploy({ PRINT_MB: 200, PRINT_LINE: line, EXIT_AFTER_MS: 1, EXIT_CODE: 3 });
  expect(run.succeeded).toBe(false);
  expect(run.errors[0]?.message).toMatch(/exit(?:ed with)? code 3/);
  await expectSmall(run);
});

test('a command before the release that prints 200 MB is shown by its beginning and its end', async () => {
  const print = node('for (let line = 0; line < 200_000; line += 1) console.log(line + "x".repeat(993))');
  const run = succeeded(await versions.deploy({}, { 'before-release': print }));
  versions.stays();
  expect(run.log.length).toBeLessThan(12_000_000);
  expect(run.log).toMatch(/│ 1x+\n/);
  expect(run.log).toMatch(/│ … \d+ lines are left out here\.\n/);
  expect(run.log).toMatch(/│ 199999x+\n/);
  await expectSmall(run);
});
