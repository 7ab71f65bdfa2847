import { expect, test } from '@jest/globals';
import { heldLog } from '../../src/report/held.ts';
import { remember } from '../image/support/build.ts';

test('what is done early is told in its turn, in order, and from then on as it comes', () => {
  const log = remember();
  const held = heldLog(log);
  held.info('logged in');
  held.warning('an old login');
  log.info('the Compose file is read');
  held.release();
  held.info('found');
  expect(log.lines).toEqual(['the Compose file is read', 'logged in', 'an old login', 'found']);
});

test('what was told is not told twice', () => {
  const log = remember();
  const held = heldLog(log);
  held.debug('docker login');
  held.release();
  held.release();
  expect(log.lines).toEqual(['docker login']);
});
