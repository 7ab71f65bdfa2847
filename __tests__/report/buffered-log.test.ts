import { expect, test } from '@jest/globals';
import { createBufferedLog } from '../../src/report/buffered-log.ts';
import { remember } from '../image/support/build.ts';

test('what is done early is told in its turn, in order, and from then on as it comes', () => {
  const log = remember();
  const held = createBufferedLog(log);
  held.info('logged in');
  held.warning('an old login');
  log.info('the Compose file is read');
  held.flush();
  held.info('found');
  expect(log.lines).toEqual(['the Compose file is read', 'logged in', 'an old login', 'found']);
});

test('what was told is not told twice', () => {
  const log = remember();
  const held = createBufferedLog(log);
  held.debug('docker login');
  held.flush();
  held.flush();
  expect(log.lines).toEqual(['docker login']);
});
