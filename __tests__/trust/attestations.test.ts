import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AttestedByWorkflow } from '../../src/model/image-verification.ts';
import { judgeAttestations } from '../../src/trust/attestations.ts';
import { bundleOfOlderAttestation } from '../../src/trust/older-attestation.ts';
import { type AttestOptions, type TestSigstore, testSigstore } from './sigstore.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER_DIGEST = `sha256:${'b'.repeat(64)}`;

let sigstore: TestSigstore;
beforeAll(async () => {
  sigstore = await testSigstore();
});
afterAll(async () => {
  await sigstore[Symbol.asyncDispose]();
});

const judge = (
  bundle: unknown,
  wanted: Partial<AttestedByWorkflow> = {},
  { digest = DIGEST, server = 'https://github.com' } = {},
) => {
  const [verdict] = judgeAttestations(
    digest as Parameters<typeof judgeAttestations>[0],
    [bundle],
    {
      ...{ kind: 'attestation', repositories: ['octo/shop'], workflows: [], refs: [] },
      ...{ trustedRoot: sigstore.trustedRoot, ...wanted },
    },
    server,
  );
  return verdict;
};

const attest = (options: AttestOptions = {}) => sigstore.attest(DIGEST, options);

describe('an attestation is accepted', () => {
  test('of the repository, its own workflow and any ref', async () => {
    expect(judge(await attest())).toEqual({
      accepted: true,
      proof:
        'attested by octo/shop/.github/workflows/deliver.yml at refs/heads/main, built from octo/shop at refs/heads/main',
    });
  });

  test.each<[string, Partial<AttestedByWorkflow>]>([
    ['of a repository of the owner', { repositories: ['octo/*'] }],
    [
      'of one of several repositories, whatever its capital letters',
      { repositories: ['octo/a', 'Octo/Shop'] },
    ],
    ['of a workflow of the repository', { workflows: ['.github/workflows/deliver.yml'] }],
    ['of a workflow with its repository', { workflows: ['octo/shop/.github/workflows/*.yml'] }],
    ['of a branch', { refs: ['refs/tags/v*', 'refs/heads/main'] }],
    ['of all below a ref', { refs: ['refs/**'] }],
  ])('%s', async (_, wanted) => {
    expect(judge(await attest(), wanted)).toMatchObject({ accepted: true });
  });

  test('by a reusable workflow of another repository that is named', async () => {
    const bundle = await attest({
      claims: { job_workflow_ref: 'octo/shared/.github/workflows/build.yml@refs/tags/v1' },
    });
    const workflows = ['octo/shared/.github/workflows/build.yml'];
    expect(judge(bundle, { workflows })).toMatchObject({ accepted: true });
  });

  test("by GitHub's own Sigstore for private repositories, which has no logs", async () => {
    await using own = await testSigstore({ hasLogs: false });
    expect(judge(await own.attest(DIGEST), { trustedRoot: own.trustedRoot })).toMatchObject({
      accepted: true,
    });
  });

  test('by any of several Sigstores, as gh prints their roots', async () => {
    await using own = await testSigstore({ hasLogs: false });
    const trustedRoot = `${sigstore.trustedRoot}\n${own.trustedRoot}\n`;
    expect(judge(await own.attest(DIGEST), { trustedRoot })).toMatchObject({ accepted: true });
    expect(judge(await attest(), { trustedRoot })).toMatchObject({ accepted: true });
  });

  test('with an issuer that belongs to an enterprise, and on a server of its own', async () => {
    const claims = { iss: 'https://token.actions.githubusercontent.com/octo-inc' };
    expect(judge(await attest({ claims }))).toMatchObject({ accepted: true });
    const server = 'https://github.example.com';
    const bundle = await attest({ server, claims: { iss: `${server}/_services/token` } });
    expect(judge(bundle, {}, { server })).toMatchObject({ accepted: true });
  });

  test("in cosign's older form", async () => {
    const { verificationMaterial: material, dsseEnvelope } = await attest();
    const [entry] = material.tlogEntries;
    const older = bundleOfOlderAttestation({
      content: Buffer.from(JSON.stringify(dsseEnvelope)),
      annotations: {
        'dev.sigstore.cosign/certificate': `-----BEGIN CERTIFICATE-----\n${material.certificate.rawBytes}\n-----END CERTIFICATE-----\n`,
        'dev.sigstore.cosign/bundle': JSON.stringify({
          SignedEntryTimestamp: entry?.inclusionPromise.signedEntryTimestamp,
          Payload: {
            ...{ body: entry?.canonicalizedBody, integratedTime: Number(entry?.integratedTime) },
            ...{ logIndex: Number(entry?.logIndex) },
            logID: Buffer.from(entry?.logId.keyId ?? '', 'base64').toString('hex'),
          },
        }),
      },
    });
    expect(judge(older)).toMatchObject({ accepted: true });
  });
});

describe('an attestation is refused', () => {
  test.each<[string, AttestOptions, Partial<AttestedByWorkflow>, string]>([
    [
      'other-repository',
      { claims: { repository: 'evil/shop' } },
      {},
      'it was built in the repository evil/shop, not in octo/shop. If that is right, add it to "verify-repository".',
    ],
    [
      'other-repository',
      { claims: { repository: 'octo/shop/x' } },
      { repositories: ['octo/*'] },
      'it was built in the repository octo/shop/x, not in octo/*. If that is right, add it to "verify-repository".',
    ],
    [
      'other-workflow',
      { claims: { job_workflow_ref: 'octo/shop/.github/workflows/test.yml@refs/heads/main' } },
      { workflows: ['.github/workflows/deliver.yml'] },
      'it was built by the workflow octo/shop/.github/workflows/test.yml, not by octo/shop/.github/workflows/deliver.yml. If that is right, add it to "verify-workflow".',
    ],
    [
      'other-workflow',
      { claims: { job_workflow_ref: 'octo/shared/.github/workflows/build.yml@refs/tags/v1' } },
      {},
      'it was built by the workflow octo/shared/.github/workflows/build.yml, not by octo/shop/.github/workflows/*. If that is right, add it to "verify-workflow".',
    ],
    [
      'other-ref',
      { claims: { ref: 'refs/heads/feature' } },
      { refs: ['refs/heads/main'] },
      'it was built from refs/heads/feature, not from refs/heads/main. If that is right, add it to "verify-ref".',
    ],
    [
      'other-issuer',
      { claims: { iss: 'https://token.actions.githubusercontent.com.evil.example' } },
      {},
      'its attestation is not by a workflow of https://github.com, but by somebody that https://token.actions.githubusercontent.com.evil.example vouches for.',
    ],
    [
      'wrong-kind',
      { predicateType: 'https://spdx.dev/Document/v2.3' },
      {},
      'it has no attestation of how it was built, only of https://spdx.dev/Document/v2.3. Set attest: true where it is built.',
    ],
  ])('%s', async (refusal, options, wanted, reason) => {
    expect(judge(await attest(options), wanted)).toEqual({ accepted: false, refusal, reason });
  });

  test('if it is for another image', async () => {
    expect(judge(await attest(), {}, { digest: OTHER_DIGEST })).toEqual({
      accepted: false,
      refusal: 'other-digest',
      reason: `an attestation that is attached to it is for another image, ${DIGEST}.`,
    });
  });

  test('if the certificate had expired when it was logged', async () => {
    await using late = await testSigstore({ certificateClock: new Date('2026-01-31T08:00:00Z') });
    expect(judge(await late.attest(DIGEST), { trustedRoot: late.trustedRoot })).toEqual({
      accepted: false,
      refusal: 'expired-certificate',
      reason:
        'the certificate of its attestation was not valid when it was made: it is from 2026-01-31T08:00:00.000Z to 2026-01-31T08:10:00.000Z.',
    });
  });

  test('if another authority made the certificate', async () => {
    await using other = await testSigstore();
    expect(judge(await other.attest(DIGEST))).toMatchObject({
      accepted: false,
      refusal: 'untrusted-certificate',
    });
    expect(judge(await attest(), { trustedRoot: undefined })).toMatchObject({
      accepted: false,
      refusal: 'untrusted-certificate',
      reason:
        'the certificate of its attestation is from an authority that is not trusted. If it is from a Sigstore of your own, set "trusted-root".',
    });
  });

  test('if no log has it, although the Sigstore has one', async () => {
    const { verificationMaterial, ...rest } = await attest();
    await using own = await testSigstore({ hasLogs: false });
    const bundle = { ...rest, verificationMaterial: { ...verificationMaterial, tlogEntries: [] } };
    expect(judge(bundle)).toMatchObject({ accepted: false, refusal: 'no-time' });
    // With a proof of the time, the log is what is missing.
    const root = { ...JSON.parse(own.trustedRoot), ...logsOf(sigstore.trustedRoot) };
    expect(judge(await own.attest(DIGEST), { trustedRoot: JSON.stringify(root) })).toMatchObject({
      accepted: false,
      refusal: 'not-logged',
    });
  });

  test('if only a clock has witnessed it, although the Sigstore has a log', async () => {
    expect(judge(await attest({ witness: 'clock' }))).toMatchObject({
      accepted: false,
      refusal: 'not-logged',
    });
  });

  test('if what it says or its proof of the log was changed', async () => {
    const bundle = await attest();
    const [signature] = bundle.dsseEnvelope.signatures;
    const other = await attest({ claims: { ref: 'refs/heads/other' } });
    const changed = {
      ...bundle,
      dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [{ ...signature, sig: 'AAAA' }] },
    };
    expect(judge(changed)).toMatchObject({ accepted: false, refusal: 'not-logged' });
    expect(judge({ ...bundle, verificationMaterial: other.verificationMaterial })).toMatchObject({
      accepted: false,
      refusal: 'not-logged',
    });
  });

  test.each([
    ['nothing', undefined],
    ['no bundle', { mediaType: 'text/plain' }],
    ['a list', []],
  ])('if it is %s', (_, bundle) => {
    expect(judge(bundle)).toMatchObject({ accepted: false, refusal: 'unreadable' });
  });
});

test.each([
  'no JSON',
  '[]',
  '{}',
  '{"certificateAuthorities":[{"certChain":{"certificates":[{"rawBytes":"AAAA"}]}}]}',
])('a trusted root that is none is refused: %s', async (trustedRoot) => {
  const bundle = await attest();
  expect(() => judge(bundle, { trustedRoot })).toThrow(
    /^trusted-root: this is not the trusted root of a Sigstore \(/,
  );
});

function logsOf(root: string): object {
  const { tlogs, ctlogs } = JSON.parse(root);
  return { tlogs, ctlogs };
}
