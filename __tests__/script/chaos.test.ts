import { expect, test } from '@jest/globals';
import { type ChaosResult, chaosTable, isSurvived } from '../../script/lib/chaos/tables.ts';

const result: ChaosResult = {
  ...{ name: 'rolling', injected: 12, survived: 12, requests: 4711, failed: 0, problems: [], took: 90_000 },
};

test('the table has a row for each course, with what was injected, survived and lost', () => {
  expect(chaosTable([result, { ...result, name: 'canary', survived: 11, failed: 2 }]).split('\n')).toEqual([
    '| course | faults injected | survived | requests | requests failed | minutes |',
    '| --- | --- | --- | --- | --- | --- |',
    '| rolling | 12 | 12 | 4711 | 0 | 1.5 |',
    '| canary | 12 | 11 | 4711 | 2 | 1.5 |',
  ]);
});

test('a course has survived if it did so after each fault, and there was one', () => {
  expect(isSurvived(result)).toBe(true);
  expect(isSurvived({ ...result, survived: 11 })).toBe(false);
  expect(isSurvived({ ...result, problems: ['ended early'] })).toBe(false);
  expect(isSurvived({ ...result, injected: 0, survived: 0 })).toBe(false);
});
