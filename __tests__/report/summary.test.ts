import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { jobSummary } from '../../src/report/summary.ts';
import { SAMPLES } from './samples.ts';

const kept = (name: string): URL => new URL(`../fixtures/summary/${name}.md`, import.meta.url);

describe('the summary', () => {
  // What should change is looked at as a page first: UPDATE_FIXTURES=1 npm test -- __tests__/report
  test.each(Object.entries(SAMPLES))('of %s is as it is kept', async (name, report) => {
    const summary = jobSummary(report);
    if (process.env['UPDATE_FIXTURES'] === '1') await writeFile(kept(name), summary);
    expect(summary).toBe(await readFile(kept(name), 'utf8'));
  });
});

test('a host that could not be reached is no address to write to', () => {
  const error = 'ssh://deploy@s9.example.com:2222: no route to host. Is ssh://deploy@s8.example.com up?';
  expect(jobSummary({ ...SAMPLES.failed, error })).toContain(
    '**`ssh://deploy@s9.example.com:2222`: no route to host. Is `ssh://deploy@s8.example.com` up?**',
  );
});

test('the headline of a manual rollback says that it was one', () => {
  const headline = (command: 'deploy' | 'rollback') =>
    jobSummary({ ...SAMPLES.deployed, command }).split('\n')[0];
  expect(headline('rollback')).toContain('rolled back to');
  expect(headline('deploy')).not.toContain('rolled back to');
});
