import { expect, test } from '@jest/globals';
import { withHealthTimeout } from '../../src/commands/rollback.ts';
import { makeRelease } from '../plan/world.ts';

test.each([
  ['a minute at least', 10_000, undefined, 60_000],
  ['what it was deployed with', 300_000, undefined, 300_000],
  ['what health-timeout says, be it less', 300_000, 5_000, 5_000],
])('a release that is gone back to has %s', (_, deployed, said, expected) => {
  const release = makeRelease('aaaaaaa1', { web: 'served' });
  const timed = { ...release, health: { path: undefined, timeout: deployed } };
  expect(withHealthTimeout(timed, said).health).toEqual({ path: undefined, timeout: expected });
});
