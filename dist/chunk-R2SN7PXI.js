import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
import {
  inputRef
} from "./chunk-EK3AKRYE.js";
import {
  SealiftError
} from "./chunk-O5VY7DHM.js";

// src/trust/verdict.ts
var NEARNESS = [
  "unreadable",
  "wrong-kind",
  "other-digest",
  "wrong-key",
  "broken-signature",
  "untrusted-certificate",
  "expired-certificate",
  "not-logged",
  "no-time",
  "other-issuer",
  "other-repository",
  "other-workflow",
  "other-ref"
];
var refused = (refusal, reason) => ({
  accepted: false,
  refusal,
  reason
});
function requireProof(image, verdicts, missing) {
  const proof = verdicts.find((verdict) => verdict.accepted);
  if (proof !== void 0) return proof.proof;
  const misses = verdicts.filter((verdict) => !verdict.accepted).sort((one, other) => NEARNESS.indexOf(other.refusal) - NEARNESS.indexOf(one.refusal));
  const reasons = [...new Set(misses.map(({ reason }) => reason))];
  throw new SealiftError(`${inputRef("verify")}: ${image} is refused: ${reasons[0] ?? missing}`, {
    evidence: reasons.length > 1 ? reasons : []
  });
}

export {
  refused,
  requireProof
};
