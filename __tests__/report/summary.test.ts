import { describe, expect, test } from '@jest/globals';
import type { DeploymentReport } from '../../src/report/report.ts';
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

  test('names the step that failed, and shows the evidence before the state and the hosts', () => {
    const summary = jobSummary(SAMPLES['rolled-back']);
    const order = [
      'did not become healthy',
      'Failed in **Check**',
      'exit code 1',
      'no column',
      'stayed on',
      '| Host',
    ];
    const places = order.map((text) => summary.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test('shows the figures of a canary before the state if they are why it failed', () => {
    const summary = jobSummary(SAMPLES['canary-rolled-back']);
    expect(summary.indexOf('| Share')).toBeLessThan(summary.indexOf('Traffic is on'));
    expect(summary.indexOf('| Share')).toBeGreaterThan(0);
  });

  test('links what changed since the release that was replaced, and after a rollback what it took away', () => {
    const linkOf = (changes: Partial<DeploymentReport>): string | undefined =>
      /\/compare\/([^)]*)\)/.exec(jobSummary({ ...SAMPLES.deployed, ...changes }))?.[1];
    const [one, other] = ['a'.repeat(40), 'b'.repeat(40)];
    const revisions = { previousRevision: one, revision: other };
    expect(linkOf(revisions)).toBe(`${one}...${other}`);
    expect(linkOf({ ...revisions, command: 'rollback' })).toBe(`${other}...${one}`);
    expect(linkOf({ ...revisions, previousRevision: undefined })).toBeUndefined();
    expect(linkOf({ ...revisions, previousRevision: other })).toBeUndefined();
    expect(linkOf({ ...revisions, runUrl: undefined })).toBeUndefined();
  });

  test("offers the repository's own workflow for a rollback, with those of its inputs that are known", () => {
    const helpFor = (...inputs: readonly string[]): string =>
      jobSummary({ ...SAMPLES.deployed, rollbackWorkflow: { file: 'rollback.yml', inputs } });
    expect(helpFor('environment', 'release', 'reason')).toContain(
      'gh workflow run rollback.yml -f environment=production -f release=9b1c44d0\n',
    );
    expect(helpFor()).toContain('gh workflow run rollback.yml\n');
    expect(helpFor()).toContain('(https://github.com/acme/shop/actions/workflows/rollback.yml)');
  });

  test('has a row for each of many hosts up to a hundred, those that failed first', () => {
    const [first, second] = SAMPLES['rolled-back'].hosts;
    const hosts = Array.from({ length: 300 }, (_, index) => ({ ...first, host: `ssh://h${index}` }));
    const summary = jobSummary({
      ...SAMPLES['rolled-back'],
      hosts: [...hosts, second] as DeploymentReport['hosts'],
    });
    const rows = summary.split('\n').filter((line) => line.startsWith('| `ssh://'));
    expect(rows).toHaveLength(100);
    expect(rows[0]).toContain('ssh://deploy@s2.example.com');
    expect(summary).toContain('201 more hosts');
  });

  test('leaves out whole parts, the least important first, and says so, where GitHub would show nothing', async () => {
    const failed = SAMPLES['rolled-back'];
    const [one] = failed.evidence;
    const lastLines = Array.from({ length: 100 }, () => 'x'.repeat(400));
    const evidence = Array.from({ length: 30 }, () => (one === undefined ? [] : [{ ...one, lastLines }]));
    const summary = jobSummary({ ...failed, evidence: evidence.flat() });
    expect(Buffer.byteLength(summary)).toBeLessThan(2 ** 20);
    await expectGolden('summary/too-long.md', summary.replace(/^x{400}\n/gm, ''));
  });
});
