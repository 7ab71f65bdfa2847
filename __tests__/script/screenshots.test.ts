import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { find, read } from '../support/repository.ts';
import { SUMMARY_PICTURES, SUMMARY_SOURCES } from '../support/summary-pictures.ts';

describe('the pictures of docs/summaries', () => {
  test.each(Object.entries(SUMMARY_PICTURES))(
    "show today's summary in %s; otherwise: script/screenshots",
    (picture, golden) => {
      const sources: Record<string, string> = JSON.parse(read(SUMMARY_SOURCES));
      expect(sources[picture]).toBe(createHash('sha256').update(read(golden)).digest('hex'));
    },
  );

  test('are all there, and no others', () => {
    expect(new Set(find('docs/summaries/*.png'))).toEqual(new Set(Object.keys(SUMMARY_PICTURES)));
  });
});
