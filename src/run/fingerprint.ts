import { createHash } from 'node:crypto';

/** The first hex digits of the SHA-256 of a text: they tell one content from another, and prove nothing. */
export const fingerprintOf = (text: string, digits = 16): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);
