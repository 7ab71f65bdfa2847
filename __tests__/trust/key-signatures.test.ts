import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Digest } from '../../src/model/image.ts';
import { judgeKeySignatures } from '../../src/trust/key-signatures.ts';
import { read } from '../support/repository.ts';

/** Signatures that cosign has made, in both of its forms. */
const recorded = JSON.parse(read('__tests__/fixtures/cosign/signatures.json'));
const simple = {
  content: Buffer.from(recorded.simple.content),
  annotations: recorded.simple.annotations,
};
const bundle = Buffer.from(JSON.stringify(recorded.bundle));
const digest: Digest = recorded.digest;
const otherDigest = `sha256:${'b'.repeat(64)}` as Digest;
const otherKey = pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);

const judge = (
  found: Partial<Parameters<typeof judgeKeySignatures>[1]>,
  {
    image = digest,
    keys = [recorded.key],
  }: { readonly image?: Digest; readonly keys?: readonly string[] } = {},
) => judgeKeySignatures(image, { simple: [], bundles: [], ...found }, { kind: 'key', keys });

const ACCEPTED = [{ accepted: true, proof: 'signed with the key of "verify-key"' }];

test.each([
  ['the older form', { simple: [simple] }],
  ['a bundle', { bundles: [bundle] }],
])('what cosign signed as %s is accepted, also with one of several keys', (_, found) => {
  expect(judge(found)).toEqual(ACCEPTED);
  expect(judge(found, { keys: [otherKey, recorded.key] })).toEqual(ACCEPTED);
});

test.each([
  ['the older form', { simple: [simple] }],
  ['a bundle', { bundles: [bundle] }],
])('%s with another key or for another image is refused', (_, found) => {
  expect(judge(found, { keys: [otherKey] })).toEqual([
    {
      accepted: false,
      refusal: 'wrong-key',
      reason:
        'its signature is by another key than "verify-key". Sign it with the key that belongs to it, or correct "verify-key".',
    },
  ]);
  expect(judge(found, { image: otherDigest })).toEqual([
    {
      accepted: false,
      refusal: 'other-digest',
      reason: `a signature that is attached to it is for another image, ${digest}. Sign this digest.`,
    },
  ]);
});

test('a changed payload is refused: the signature is no longer of the key', () => {
  const content = Buffer.from(recorded.simple.content.replaceAll(digest, otherDigest));
  expect(judge({ simple: [{ ...simple, content }] }, { image: otherDigest })).toMatchObject([
    { accepted: false, refusal: 'wrong-key' },
  ]);
});

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
  ['Ed25519', generateKeyPairSync('ed25519'), null],
] as const)('a key of %s works too', (_, { publicKey, privateKey }, hash) => {
  const { content } = simple;
  const signature = sign(hash, content, privateKey).toString('base64');
  const own = { content, annotations: { 'dev.cosignproject.cosign/signature': signature } };
  expect(judge({ simple: [own] }, { keys: [pem(publicKey)] })).toEqual(ACCEPTED);
});

test('an attestation by the same key is no signature', () => {
  const statement = JSON.parse(Buffer.from(recorded.bundle.dsseEnvelope.payload, 'base64').toString());
  const payload = JSON.stringify({
    ...statement,
    predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const type = 'application/vnd.in-toto+json';
  const signed = Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} ${payload}`);
  const attestation = {
    ...recorded.bundle,
    dsseEnvelope: {
      ...{ payloadType: type, payload: Buffer.from(payload).toString('base64') },
      signatures: [{ sig: sign('sha256', signed, privateKey).toString('base64') }],
    },
  };
  const bundles = [Buffer.from(JSON.stringify(attestation))];
  expect(judge({ bundles }, { keys: [pem(publicKey)] })).toMatchObject([
    { accepted: false, refusal: 'wrong-kind' },
  ]);
});

test.each([
  ['no JSON', { simple: [{ ...simple, content: Buffer.from('hello') }] }],
  ['no signature', { simple: [{ ...simple, annotations: {} }] }],
  ['an empty bundle', { bundles: [Buffer.from('{}')] }],
])('%s is refused', (_, found) => {
  expect(judge(found)).toMatchObject([{ accepted: false, refusal: 'unreadable' }]);
});

function pem(key: KeyObject): string {
  return String(key.export({ format: 'pem', type: 'spki' }));
}
