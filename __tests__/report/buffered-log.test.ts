import { describe, expect, test } from '@jest/globals';
import { createBufferedLog } from '../../src/report/buffered-log.ts';
import { remember } from '../image/support/build.ts';

describe('a buffered log', () => {
  test('keeps its lines until flush, writes them in order, and writes later lines at once', () => {
    const log = remember();
    const buffered = createBufferedLog(log);
    buffered.info('logged in');
    buffered.warning('an old login');
    log.info('the Compose file is read');
    buffered.flush();
    buffered.info('found');
    expect(log.lines).toEqual(['the Compose file is read', 'logged in', 'an old login', 'found']);
  });

  test('writes no line twice if it is flushed twice', () => {
    const log = remember();
    const buffered = createBufferedLog(log);
    buffered.debug('docker login');
    buffered.flush();
    buffered.flush();
    expect(log.lines).toEqual(['docker login']);
  });
});
