import { expect, test } from '@jest/globals';
import { formatMinute } from '../../src/model/time.ts';
import { removedHostsText, sentence } from '../../src/report/text-format.ts';
import { hostName } from '../support/identifiers.ts';

test('a UTC time is shown to the minute, and any other text stays as it is', () => {
  expect(['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z', 'yesterday'].map(formatMinute)).toEqual([
    '2026-01-02 03:04',
    '2026-01-02 03:04',
    'yesterday',
  ]);
});

test('a sentence gets a full stop unless it ends with a punctuation mark', () => {
  expect(
    ['It failed', 'It failed.', 'Why?', 'and so on…', '(It failed.)', 'It (here)'].map(sentence),
  ).toEqual(['It failed.', 'It failed.', 'Why?', 'and so on…', '(It failed.)', 'It (here).']);
});

test('the notice about removed hosts names each of them', () => {
  expect(removedHostsText([hostName('ssh://a'), hostName('ssh://b')])).toContain('ssh://a and ssh://b');
});
