import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { PushSilence } from '../../src/image/push-silence.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});
const MINUTE = 60_000;

function isEnded(...lines: readonly (string | number)[]): boolean {
  using silence = new PushSilence();
  for (const each of lines) {
    if (typeof each === 'string') silence.see(each);
    else jest.advanceTimersByTime(each * MINUTE);
  }
  return silence.signal.aborted;
}

test('a push that says nothing for half an hour is ended', () => {
  expect(isEnded('#7 [2/2] RUN make', '#7 DONE 3.0s', '#9 pushing layers', 29)).toBe(false);
  expect(isEnded('#7 [2/2] RUN make', '#7 DONE 3.0s', '#9 pushing layers', 30)).toBe(true);
  expect(isEnded('#9 pushing layers', '#10 pushing layers', '#10 DONE 1.0s', 31)).toBe(true);
});

test('one that goes on is not, nor a build that is silent for hours', () => {
  expect(isEnded('#9 pushing layers', 20, '#9 pushing layers 1200.0s done', 20)).toBe(false);
  expect(isEnded('#7 [2/2] RUN make', 300)).toBe(false);
  expect(isEnded('#9 pushing layers', '#9 DONE 2.1s', '#7 [2/2] RUN make', 300)).toBe(false);
});
