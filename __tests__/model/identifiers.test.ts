import { describe, expect, test } from '@jest/globals';
import { isReleaseId, parseReleaseId } from '../../src/model/identifiers.ts';

describe('the id of a release', () => {
  test.each(['3f2a9c1e', '3f2a9c1e7d20'])('can be %s', (text) => {
    expect(isReleaseId(text)).toBe(true);
    expect(parseReleaseId(text)).toBe(text);
  });

  test.each(['', '-3f2a9c1e', '3f2a 9c1e', '3f2a/9c1e', '3f2a9c1e\n'])('is never %j', (text) => {
    expect(isReleaseId(text)).toBe(false);
    expect(() => parseReleaseId(text)).toThrow(`"${text}" can't be the id of a release.`);
  });
});
