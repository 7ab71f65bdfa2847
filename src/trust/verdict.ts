import { SealiftError } from '../model/errors.ts';
import type { PinnedImage } from '../model/image.ts';
import { inputRef } from '../model/input-ref.ts';

/** Why a signature does not count, from the farthest to the nearest miss. */
const NEARNESS = [
  'unreadable',
  'wrong-kind',
  'other-digest',
  'wrong-key',
  'broken-signature',
  'untrusted-certificate',
  'expired-certificate',
  'not-logged',
  'no-time',
  'other-issuer',
  'other-repository',
  'other-workflow',
  'other-ref',
] as const;

/** What a signature proves. */
export type Verdict =
  | { readonly accepted: true /** Completes `is …`. */; readonly proof: string }
  | {
      readonly accepted: false;
      readonly refusal: (typeof NEARNESS)[number];
      /** Completes `is refused: …`. */
      readonly reason: string;
    };

export const refused = (refusal: (typeof NEARNESS)[number], reason: string): Verdict => ({
  accepted: false,
  refusal,
  reason,
});

/**
 * The proof of the first signature that counts.
 * @param missing what to say if there is no signature at all
 * @throws SealiftError with the nearest miss; the others are its evidence
 */
export function requireProof(image: PinnedImage, verdicts: readonly Verdict[], missing: string): string {
  const proof = verdicts.find((verdict) => verdict.accepted);
  if (proof !== undefined) return proof.proof;
  const misses = verdicts
    .filter((verdict) => !verdict.accepted)
    .sort((one, other) => NEARNESS.indexOf(other.refusal) - NEARNESS.indexOf(one.refusal));
  const reasons = [...new Set(misses.map(({ reason }) => reason))];
  throw new SealiftError(`${inputRef('verify')}: ${image} is refused: ${reasons[0] ?? missing}`, {
    evidence: reasons.length > 1 ? reasons : [],
  });
}
