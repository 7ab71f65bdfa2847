import { type Digest, isDigest } from '../model/image.ts';
import { asList, asObject, asText } from '../model/json.ts';

/** What is said about some artifacts (github.com/in-toto/attestation, spec/v1/statement.md). */
export interface Statement {
  /** SHA-256 of the artifacts. */
  readonly subjects: readonly Digest[];
  readonly predicateType: string;
}

/** Of an envelope with a statement. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/**
 * Reads the payload of a DSSE envelope.
 * @returns `undefined` if it is no statement
 */
export function readStatement(payloadType: string, payload: Buffer): Statement | undefined {
  if (payloadType !== STATEMENT_TYPE) return undefined;
  try {
    const { subject, predicateType } = asObject(JSON.parse(payload.toString()));
    const subjects = asList(subject).map(
      (each) => `sha256:${asText(asObject(asObject(each)['digest'])['sha256'])}`,
    );
    return { subjects: subjects.filter(isDigest), predicateType: asText(predicateType) ?? '' };
  } catch {
    return undefined;
  }
}
