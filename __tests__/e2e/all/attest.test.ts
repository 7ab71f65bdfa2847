/**
 * `attest`: a build leaves a proof of who made the image, and a deploy takes it. GitHub's API and the token of the job are stand-ins, and
 * what signs is sigstore's own mock under the names of the real services. Who verifies is Sealift, and the real cosign.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ActionRun } from '../../support/action.ts';
import { webApp } from '../../support/apps/probe.ts';
import { GitHubStandIn } from '../../support/github/stand-in.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith } from '../../support/lab.ts';
import { JOB_TOKEN } from '../../support/runner/environment.ts';
import { type SigningServices, signingServices, type Visibility } from '../../support/signing-services.ts';
import { reportOf, succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import { TOKEN_CLAIMS } from '../../trust/sigstore.ts';

const lab = await labWith(1, { builds: true });
/** For which the job gets its OIDC token. */
const REQUEST_TOKEN = 'the-request-token-of-this-job-0123456789';
const SIGNED = /^Attested that this workflow has built /m;
let app: TestApp;
let folder: string;
let github: GitHubStandIn;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attest-'));
  app = await testApp({ lab, stem: 'attest', files: (port) => webApp({ version: 'first', port }) });
});
beforeEach(async () => {
  github = await GitHubStandIn.start();
});
afterEach(() => github.close());
afterAll(async () => {
  await app.remove();
  await rm(folder, { recursive: true });
});

/** Commits a version, which the job is to build. */
async function commit(version: string): Promise<void> {
  await app.checkout.commit(webApp({ version, port: app.port }));
}

/** A job of this commit that may ask for an OIDC token. */
function jobWith({ env }: SigningServices, visibility: Visibility = 'public') {
  github.idTokenClaims = {
    ...TOKEN_CLAIMS,
    sha: app.checkout.sha,
    repository_visibility: visibility,
  };
  const direct = { NO_PROXY: lab.registry.address.replace(/:\d+$/, '') };
  const token = {
    ACTIONS_ID_TOKEN_REQUEST_URL: github.idTokenUrl,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
  };
  const secrets = { 'the token of the job': JOB_TOKEN, 'the request token': REQUEST_TOKEN };
  return { github, env: { ...env, ...direct, ...token }, secrets };
}

function imageOf(run: ActionRun): string {
  const { image } = succeeded(run).outputs;
  if (image === undefined) throw new Error(`The step has no output image. Its log:\n${run.log}`);
  return image;
}

/** What says that an image was made by the workflow of the tests. */
const provedBy = ({ sigstore }: SigningServices) => ({
  verify: 'attestation',
  'verify-ref': 'refs/heads/main',
  'trusted-root': sigstore.trustedRoot,
});

/** The real cosign, which knows nothing of Sealift. @throws Error with what it says, if it refuses */
async function cosignVerifies(
  bundle: unknown,
  image: string,
  { sigstore }: SigningServices,
  visibility: Visibility,
): Promise<void> {
  await writeFile(join(folder, 'bundle.json'), JSON.stringify(bundle));
  await writeFile(join(folder, 'root.json'), sigstore.trustedRoot);
  const ofPrivate = ['--use-signed-timestamps', '--insecure-ignore-tlog', '--insecure-ignore-sct'];
  const { job_workflow_ref: workflow, iss } = TOKEN_CLAIMS;
  await promisify(execFile)(
    'cosign',
    [
      ...['verify-blob-attestation', '--bundle', 'bundle.json', '--trusted-root', 'root.json'],
      ...['--type', 'slsaprovenance1', '--digestAlg', 'sha256', '--digest', image.replace(/^.*:/, '')],
      ...['--certificate-identity', `https://github.com/${workflow}`, '--certificate-oidc-issuer', iss],
      ...(visibility === 'public' ? [] : ofPrivate),
    ],
    { cwd: folder },
  );
}

test.each([
  ['public', 'the public Sigstore', ['fulcio.sigstore.dev', 'rekor.sigstore.dev']],
  ['private', "GitHub's own", ['fulcio.githubapp.com', 'timestamp.githubapp.com']],
] as const)(
  'a build in a %s repository is attested with %s, once, and is deployed where that is required',
  async (visibility, _, hosts) => {
    await using services = await signingServices(visibility);
    await commit(visibility);
    const job = jobWith(services, visibility);
    const built = await app.build({ attest: 'true' }, job);
    const image = imageOf(built);
    expect(built.log).toContain(`Attested that this workflow has built ${image}.`);
    expect(services.asked).toEqual(hosts.map((host) => `CONNECT ${host}:443`));
    const [{ digest, bundle } = { digest: '', bundle: {} }, ...others] = github.attestations;
    expect([others, image.endsWith(`@${digest}`)]).toEqual([[], true]);
    await cosignVerifies(bundle, image, services, visibility);

    const again = await app.build({ attest: 'true' }, job);
    expect(imageOf(again)).toBe(image);
    expect([reportOf(again).build.reused, github.attestations.length]).toEqual([true, 1]);
    expect(again.log).not.toMatch(SIGNED);

    const proof = { ...provedBy(services), 'verify-workflow': '.github/workflows/deliver.yml' };
    const run = succeeded(await app.deploy(image, { approval: 'off', ...proof }, { github }));
    expect(run.log).toContain(`Verified ${image}: attested by octo/shop/.github/workflows/deliver.yml`);
    expect(await app.version()).toBe(visibility);
  },
);

test('one step builds, attests, verifies and deploys', async () => {
  await using services = await signingServices('public');
  await commit('in-one-step');
  const inputs = { approval: 'off', attest: 'true', ...provedBy(services) };
  const run = succeeded(await app.deliver(inputs, jobWith(services)));
  expect(run.log).toMatch(SIGNED);
  expect(run.log).toMatch(/^Verified .*: attested by octo\/shop\/\.github\/workflows\/deliver\.yml/m);
  expect(await app.version()).toBe('in-one-step');
});

test('where the signing service refuses, nothing is deployed; the next run builds the commit again and attests that', async () => {
  await using services = await signingServices('public');
  await commit('refused-once');
  services.sigstore.faults.push(400);
  const inputs = { approval: 'off', attest: 'true', ...provedBy(services) };
  const before = await snapshot(app.server);
  const refused = await app.deliver(inputs, jobWith(services));
  expect(refused.succeeded).toBe(false);
  expect(refused.errors[0]?.message).toContain('attest: fulcio.sigstore.dev refuses to sign (HTTP 400).');
  expect(await snapshot(app.server)).toBe(before);
  expect(github.attestations).toEqual([]);

  const run = succeeded(await app.deliver(inputs, jobWith(services)));
  expect(run.log).toContain('nobody has attested how it was built. It is rebuilt.');
  expect(run.log).toMatch(SIGNED);
  expect(await app.version()).toBe('refused-once');
});
