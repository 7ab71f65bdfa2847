import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { splitProject } from '../../src/release/compose/split.ts';
import { CASES, REFUSALS } from '../support/compose/cases.ts';
import {
  APP,
  asRecord,
  folderOf,
  recorded,
  recordOf,
  resolveIn,
  sourceOf,
} from '../support/compose/fixtures.ts';
import { readLab } from '../support/lab.ts';

const PATH = readLab().runnerEnvironment['PATH'] ?? '';

/** Fixtures that Compose itself resolves; the others are refused before. */
const RESOLVED = [...CASES, ...REFUSALS.filter(({ name }) => !CASES.some((each) => each.name === name))];

describe('the official CLI', () => {
  test.each(RESOLVED)('resolves $name as it is recorded', async ({ name, source }) => {
    const resolved = await resolveIn(folderOf(name), sourceOf(source), PATH);
    const record = asRecord(resolved, name);
    if (process.env['RECORD_FIXTURES'] !== undefined) writeFileSync(recordOf(name), record);
    const { contents, ...rest } = JSON.parse(record);
    expect({ ...rest, contents: new Map(Object.entries(contents)) }).toEqual(recorded(name));
    expect(splitProject).toBeDefined();
    expect(APP.app).toBe('shop');
  });
});
