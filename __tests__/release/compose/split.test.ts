import { describe, expect, test } from '@jest/globals';
import { splitProject } from '../../../src/release/compose/split.ts';
import { CASES, REFUSALS, told } from '../../support/compose/cases.ts';
import { APP, recorded, sourceOf } from '../../support/compose/fixtures.ts';

const split = (name: string, domains = sourceOf().domains) => splitProject(recorded(name), APP, domains);

describe('a Compose file as people have it', () => {
  test.each(CASES)(
    '$name is split into a release and its accessories',
    ({ name, source, notices = [], ...expected }) => {
      const { notices: lines = [], ...is } = told(split(name, source?.domains));
      const wholeRecreate =
        expected.wholeRecreate === undefined
          ? {}
          : { wholeRecreate: expect.stringContaining(expected.wholeRecreate) };
      expect(is).toEqual({
        routes: [],
        accessories: [],
        late: [],
        conditions: [],
        ...expected,
        ...wholeRecreate,
      });
      expect(lines).toEqual(notices.map((part) => expect.stringContaining(part)));
    },
  );

  test.each(REFUSALS)('$name is refused with the way out: $says.0', ({ name, source, says }) => {
    for (const part of says) expect(() => split(name, source?.domains)).toThrow(part);
  });
});
