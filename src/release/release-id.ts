import { parseReleaseId, type ReleaseId } from '../model/identifiers.ts';
import { canonicalJson } from '../model/json.ts';
import { fingerprintOf } from '../run/fingerprint.ts';

/** The id of a release: equal content has an equal one, whatever the order of its keys. Pure. */
export const releaseIdOf = (content: unknown): ReleaseId =>
  parseReleaseId(fingerprintOf(canonicalJson(content), 8));
