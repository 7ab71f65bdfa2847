import { expect, test } from '@jest/globals';
import { connectToGitHub } from '../../src/gate/github-client.ts';
import type { Digest } from '../../src/model/image.ts';
import { attestImages } from '../../src/trust/attest.ts';
import { judgeAttestations } from '../../src/trust/attestations.ts';
import { servicesFor } from '../../src/trust/sigstore-services.ts';
import { TOKEN, useGateJob } from '../gate/job.ts';
import { type TestSigstore, TOKEN_CLAIMS, testSigstore } from './sigstore.ts';

const job = useGateJob();
const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const OTHER = `sha256:${'b'.repeat(64)}` as Digest;
const SERVER = 'https://github.com';

async function attest(sigstore: TestSigstore, claims: object | undefined = TOKEN_CLAIMS) {
  const { github, context } = job.current;
  if (claims !== undefined) {
    github.idTokenClaims = { ...claims };
    process.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = github.idTokenUrl;
    process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] = 'request-token';
  }
  const client = await connectToGitHub(
    { apiUrl: github.url, owner: 'octo', repo: 'shop', token: TOKEN },
    context,
  );
  const subjects = [
    { repository: 'ghcr.io/octo/shop', digest: DIGEST },
    { repository: 'ghcr.io/octo/shop-worker', digest: OTHER },
  ];
  return await attestImages(
    subjects,
    { github: client, serverUrl: SERVER, services: sigstore.services },
    context,
  );
}

const judge = (bundle: unknown, digest: Digest, { trustedRoot }: TestSigstore) =>
  judgeAttestations(
    digest,
    [bundle],
    { ...{ kind: 'attestation', repositories: ['octo/shop'], workflows: [], refs: [] }, trustedRoot },
    SERVER,
  );

const PROOF = [
  {
    accepted: true,
    proof:
      'attested by octo/shop/.github/workflows/deliver.yml at refs/heads/main, built from octo/shop at refs/heads/main',
  },
];

test.each([
  ['the public Sigstore, which logs it', true, ['/api/v2/signingCert', '/api/v1/log/entries']],
  ["GitHub's own, which proves the time", false, ['/api/v2/signingCert', '/api/v1/timestamp']],
])('what is attested with %s is what a deploy accepts, for each image', async (_, hasLogs, requests) => {
  await using sigstore = await testSigstore({ hasLogs });
  const bundle = await attest(sigstore);
  expect(judge(bundle, DIGEST, sigstore)).toEqual(PROOF);
  expect(judge(bundle, OTHER, sigstore)).toEqual(PROOF);
  expect(sigstore.requests).toEqual(requests);
  const { github } = job.current;
  expect(github.requests).toEqual([
    'GET /idtoken?api-version=2.0&audience=sigstore',
    'POST /repos/octo/shop/attestations',
  ]);
  expect(github.attestations.map((each) => each.bundle)).toEqual([bundle]);
});

test('the statement says which workflow built which commit, as attest-build-provenance does', async () => {
  await using sigstore = await testSigstore();
  const { dsseEnvelope } = (await attest(sigstore)) as { dsseEnvelope: { payload: string } };
  expect(JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())).toEqual({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: 'ghcr.io/octo/shop', digest: { sha256: 'a'.repeat(64) } },
      { name: 'ghcr.io/octo/shop-worker', digest: { sha256: 'b'.repeat(64) } },
    ],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: {
          workflow: {
            ref: 'refs/heads/main',
            repository: 'https://github.com/octo/shop',
            path: '.github/workflows/deliver.yml',
          },
        },
        internalParameters: {
          github: {
            event_name: 'push',
            repository_id: '1',
            repository_owner_id: '2',
            runner_environment: 'github-hosted',
          },
        },
        resolvedDependencies: [
          {
            uri: 'git+https://github.com/octo/shop@refs/heads/main',
            digest: { gitCommit: 'ce587453ced02b1526dfb4cb910479d431683101' },
          },
        ],
      },
      runDetails: {
        builder: { id: 'https://github.com/octo/shop/.github/workflows/deliver.yml@refs/heads/main' },
        metadata: { invocationId: 'https://github.com/octo/shop/actions/runs/4711/attempts/1' },
      },
    },
  });
});

test('a service that fails for a moment is asked again', async () => {
  await using sigstore = await testSigstore();
  sigstore.faults.push(503, 429);
  expect(judge(await attest(sigstore), DIGEST, sigstore)).toEqual(PROOF);
  expect(job.current.waits).toHaveLength(2);
});

test('a service that refuses is named, with its answer; nothing is stored', async () => {
  await using sigstore = await testSigstore();
  sigstore.faults.push(400);
  await expect(attest(sigstore)).rejects.toMatchObject({
    message: expect.stringMatching(/^attest: 127\.0\.0\.1:\d+ refuses to sign \(HTTP 400\)\./),
    evidence: ['no'],
  });
  expect(job.current.github.attestations).toEqual([]);
});

test('a service that sends the request elsewhere is refused: the token of the job stays here', async () => {
  await using sigstore = await testSigstore();
  await using elsewhere = await testSigstore();
  sigstore.redirectTo(elsewhere.services.fulcio);
  await expect(attest(sigstore)).rejects.toThrow(/refuses to sign \(HTTP 307\)\./);
  expect(elsewhere.requests).toEqual([]);
});

test('a service that nobody reaches is named', async () => {
  const sigstore = await testSigstore();
  await sigstore[Symbol.asyncDispose]();
  await expect(attest(sigstore)).rejects.toThrow(
    /^attest: 127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/,
  );
  expect(job.current.waits).toHaveLength(3);
});

test.each([
  [403, /Add "attestations: write" to this job's permissions\./],
  [404, /^attest: GitHub stores no attestation of octo\/shop \(HTTP 404\)\./],
])('GitHub that answers %s to the attestation', async (status, message) => {
  await using sigstore = await testSigstore();
  job.current.github.fail(/attestations/, { status });
  await expect(attest(sigstore)).rejects.toThrow(message);
});

test('without an OIDC token nothing is attested', async () => {
  await using sigstore = await testSigstore();
  job.current.github.idTokenClaims = undefined;
  const { github, context } = job.current;
  const client = await connectToGitHub(
    { apiUrl: github.url, owner: 'octo', repo: 'shop', token: TOKEN },
    context,
  );
  const options = { github: client, serverUrl: SERVER, services: sigstore.services };
  await expect(attestImages([], options, context)).rejects.toThrow('attest: this job got no OIDC token');
});

test('which Sigstore signs depends on the repository and the server', () => {
  expect(servicesFor(SERVER, 'public').witness.url).toBe('https://rekor.sigstore.dev');
  expect(servicesFor(SERVER, 'private')).toEqual({
    fulcio: 'https://fulcio.githubapp.com',
    witness: { kind: 'clock', url: 'https://timestamp.githubapp.com' },
  });
  expect(servicesFor('https://acme.ghe.com', 'internal').fulcio).toBe('https://fulcio.acme.ghe.com');
});
