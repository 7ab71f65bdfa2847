/** `verify`: only what somebody who is trusted has made is deployed. The signatures are those of the real cosign. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildVersions, runnerOf, type Version } from '../../support/apps/images.ts';
import { compose } from '../../support/apps/probe.ts';
import { GitHubStandIn } from '../../support/github/stand-in.ts';
import { copyManifest } from '../../support/lab/registry.ts';
import { snapshot } from '../../support/lab/snapshot.ts';
import { labWith, registryInputs } from '../../support/lab.ts';
import { succeeded, type TestApp, testApp } from '../../support/test-app.ts';
import { testSigstore } from '../../trust/sigstore.ts';

const lab = await labWith(1);
let app: TestApp;
let folder: string;
let github: GitHubStandIn;
let versions: readonly Version[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trust-'));
  github = await GitHubStandIn.start();
  app = await testApp({
    lab,
    stem: 'trust',
    files: (port) => compose({ services: { web: { image: '${IMAGE}', ports: [`${port}:3000`] } } }),
  });
  versions = await buildVersions(lab, app.repository, ['unsigned', 'bundle', 'older', 'attested']);
  await cosign('generate-key-pair', '--output-key-prefix', 'own');
  await cosign('generate-key-pair', '--output-key-prefix', 'other');
  await cosign('signing-config', 'create', '--out', 'without-log.json');
});
afterAll(async () => {
  await app.remove();
  await github.close();
  await rm(folder, { recursive: true });
});

const cosign = (...args: readonly string[]) =>
  promisify(execFile)('cosign', [...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...runnerOf(lab), COSIGN_PASSWORD: '' },
  });

/** As a private signer does, who tells no log about it. */
const sign = (image: string, key: string, ...form: readonly string[]) =>
  cosign('sign', '--yes', '--allow-http-registry', '--key', `${key}.key`, ...form, image);
const AS_BUNDLE = ['--signing-config', 'without-log.json'];
const IN_OLDER_FORM = ['--use-signing-config=false', '--tlog-upload=false', '--new-bundle-format=false'];

function imageOf(version: string): string {
  const found = versions.find((each) => each.version === version);
  if (found === undefined) throw new Error(`No image ${version} was built.`);
  return found.image;
}

const publicKey = (name: string): Promise<string> => readFile(join(folder, `${name}.pub`), 'utf8');

/** Deploys an image, which must be refused for one reason before anything is changed. */
async function refused(image: string, inputs: Readonly<Record<string, string>>): Promise<string> {
  const before = await snapshot(app.server);
  const run = await app.deploy(image, { approval: 'off', ...inputs }, { github });
  expect(run.succeeded).toBe(false);
  expect(await snapshot(app.server)).toBe(before);
  const [error] = run.errors;
  expect(error?.message).toMatch(/ Nothing was deployed\.$/);
  return error?.message ?? '';
}

describe('verify: key', () => {
  test('an image that nobody signed is refused', async () => {
    const inputs = { verify: 'key', 'verify-key': await publicKey('own') };
    expect(await refused(imageOf('unsigned'), inputs)).toContain(
      `verify: ${imageOf('unsigned')} is refused: it has no signature.`,
    );
  });

  test.each([
    ['a bundle', 'bundle', AS_BUNDLE],
    ['the older form', 'older', IN_OLDER_FORM],
  ])('an image that cosign signed as %s is deployed, but not with another key', async (_, version, form) => {
    await sign(imageOf(version), 'own', ...form);
    const other = { verify: 'key', 'verify-key': await publicKey('other') };
    expect(await refused(imageOf(version), other)).toContain('its signature is by another key');
    const own = { verify: 'key', 'verify-key': await publicKey('own'), approval: 'off' };
    const run = succeeded(await app.deploy(imageOf(version), own));
    expect(run.log).toContain(`Verified ${imageOf(version)}: signed with the key of "verify-key".`);
    expect(await app.version()).toBe(version);
  });

  test('a signature of another image that is copied to this one is refused', async () => {
    const [from = '', to = ''] = ['older', 'unsigned'].map((name) =>
      imageOf(name)
        .replace(/^.*@sha256:/, 'sha256-')
        .concat('.sig'),
    );
    await copyManifest(lab, `e2e/${app.name}`, from, to);
    const inputs = { verify: 'key', 'verify-key': await publicKey('own') };
    expect(await refused(imageOf('unsigned'), inputs)).toContain('is for another image, sha256:');
  });
});

test('an image that nobody signed is not exported either', async () => {
  const { name, environment } = app;
  const run = await app.run('export', {
    ...{ app: name, environment, image: imageOf('unsigned'), path: join(folder, 'exported') },
    ...{ ...registryInputs(lab), verify: 'key', 'verify-key': await publicKey('own') },
  });
  expect(run.errors[0]?.message).toMatch(/ is refused: .* Nothing was exported\.$/);
  await expect(readdir(join(folder, 'exported'))).rejects.toThrow('ENOENT');
});

test('verify: attestation takes what a workflow of the repository has built, and nothing else', async () => {
  await using sigstore = await testSigstore();
  const image = imageOf('attested');
  const digest = image.slice(image.indexOf('@') + 1);
  const inputs = {
    verify: 'attestation',
    'trusted-root': sigstore.trustedRoot,
    'verify-repository': 'octo/shop',
  };
  expect(await refused(image, inputs)).toContain('it has no attestation, neither in its registry nor in');
  github.attestations.push({
    digest,
    bundle: await sigstore.attest(digest, { claims: { repository: 'evil/shop' } }),
  });
  expect(await refused(image, inputs)).toContain(
    'it was built in the repository evil/shop, not in octo/shop.',
  );
  github.attestations.push({ digest, bundle: await sigstore.attest(digest) });
  expect(await refused(image, { ...inputs, 'verify-ref': 'refs/tags/v*' })).toContain(
    'it was built from refs/heads/main, not from refs/tags/v*.',
  );
  const run = succeeded(await app.deploy(image, { approval: 'off', ...inputs }, { github }));
  expect(run.log).toContain(`Verified ${image}: attested by octo/shop/.github/workflows/deliver.yml`);
  expect(await app.version()).toBe('attested');
});

test('the default root, which is in the bundle, trusts no other Sigstore', async () => {
  await using sigstore = await testSigstore();
  const image = imageOf('unsigned');
  const digest = image.slice(image.indexOf('@') + 1);
  github.attestations.push({ digest, bundle: await sigstore.attest(digest) });
  expect(await refused(image, { verify: 'attestation', 'verify-repository': 'octo/shop' })).toContain(
    'the certificate of its attestation is from an authority that is not trusted.',
  );
});
