import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ImageReportContext, lookUpImagesToBuild } from '../src/build-lookup.ts';
import { planBuild } from '../src/image/build-plan.ts';
import { buildTargetsOf } from '../src/image/build-targets.ts';
import { placeholderImage } from '../src/model/image.ts';
import { emptyReport, ReportDraft } from '../src/report/report-draft.ts';
import { useGateJob } from './gate/job.ts';
import { buildSource, COMMIT, loginFor, OPTIONS, remember } from './image/support/build.ts';
import { pushImage, testRegistry } from './registry/support/test-registry.ts';

const job = useGateJob();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookup-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a dry run finds where the registry has an image of this commit already. */
async function lookUp({ attest, isAttested }: { readonly attest: boolean; readonly isAttested: boolean }) {
  await using registry = await testRegistry();
  const repository = `${registry.host}/octo/shop`;
  const options = { ...OPTIONS, attest };
  const source = buildSource(repository, options);
  const task = { targets: buildTargetsOf(undefined, source), options, commit: COMMIT, contents: new Map() };
  const [item] = planBuild(task, process.cwd()).items;
  const labels = item?.recipe.target.labels;
  const digest = pushImage(registry, 'octo/shop', COMMIT.sha ?? '', ['linux/amd64'], labels);
  const { github, cancelled } = job.current;
  if (isAttested) github.attestations.push({ digest, bundle: {} });
  const log = remember();
  const context: ImageReportContext = {
    ...{ log, folder, signal: cancelled.signal, commit: COMMIT },
    run: (program) => Promise.reject(new Error(`${program} was started`)),
    triggeredBy: { actor: 'mona', runUrl: undefined },
    report: new ReportDraft(emptyReport('build', {})),
  };
  const complete = await lookUpImagesToBuild(
    {
      ...{ source, registry: loginFor(repository, undefined), dryRun: true },
      trust: { verification: { kind: 'off' }, token: 'token' },
    },
    Promise.resolve({ resolved: undefined }),
    () => Promise.resolve([]),
    context,
  );
  const image = (await complete()).images.get('');
  return { image, existing: `${repository}@${digest}`, unbuilt: placeholderImage(repository), log };
}

test('an image that nobody has attested is built again: this run can not know who made it', async () => {
  const { image, unbuilt, log } = await lookUp({ attest: true, isAttested: false });
  expect(image).toBe(unbuilt);
  expect(log.text()).toContain('nobody has attested how it was built. It is rebuilt.');
});

test('one that was attested is taken', async () => {
  const { image, existing } = await lookUp({ attest: true, isAttested: true });
  expect(image).toBe(existing);
});

test('without "attest" nobody asks who made it', async () => {
  const { image, existing } = await lookUp({ attest: false, isAttested: false });
  expect(image).toBe(existing);
  expect(job.current.github.requests).toEqual([]);
});
