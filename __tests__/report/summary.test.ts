import { describe, expect, test } from '@jest/globals';
import { jobSummary } from '../../src/report/summary.ts';
import { expectGolden } from './golden.ts';
import { SAMPLES } from './samples.ts';

describe('the job summary', () => {
  test.each(Object.entries(SAMPLES))('of the sample "%s" is as in its golden file', async (name, report) => {
    await expectGolden(`summary/${name}.md`, jobSummary(report));
  });

  test('shows the URL of an unknown host as code, so that GitHub makes no mail address of it', () => {
    const error = 'ssh://deploy@s9.example.com:2222: no route to host. Is ssh://deploy@s8.example.com up?';
    expect(jobSummary({ ...SAMPLES.failed, error })).toContain(
      '**`ssh://deploy@s9.example.com:2222`: no route to host. Is `ssh://deploy@s8.example.com` up?**',
    );
  });

  test('has another headline after a manual rollback than after a deploy', () => {
    const headline = (command: 'deploy' | 'rollback') =>
      jobSummary({ ...SAMPLES.deployed, command }).split('\n')[0];
    expect(headline('rollback')).not.toBe(headline('deploy'));
  });

  test('explains how to roll back after a deploy, and not after a manual rollback', () => {
    const action = 'sealift/sealift/rollback@';
    expect(jobSummary(SAMPLES.deployed)).toContain(action);
    expect(jobSummary(SAMPLES['manual-rollback'])).not.toContain(action);
  });

  test('is cut to the headline, the failure and the details where GitHub would drop it', async () => {
    const failed = SAMPLES['rolled-back'];
    const [one] = failed.evidence;
    const lastLines = Array.from({ length: 20 }, () => 'x'.repeat(10_000));
    const evidence = Array.from({ length: 200 }, () => (one === undefined ? [] : [{ ...one, lastLines }]));
    const summary = jobSummary({ ...failed, evidence: evidence.flat() });
    expect(summary).not.toContain('xxx');
    await expectGolden('summary/too-long.md', summary);
  });
});
