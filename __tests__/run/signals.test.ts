import { expect, test } from '@jest/globals';
import { anySignal } from '../../src/run/signals.ts';

test('aborts with the reason of the one that aborts, whichever of them are there', () => {
  const [job, limit] = [new AbortController(), new AbortController()];
  const signals = [
    anySignal(job.signal, limit.signal),
    anySignal(undefined, limit.signal),
    anySignal(job.signal, undefined),
    anySignal(),
  ];
  limit.abort('too late');
  expect(signals.map(({ reason }) => reason)).toEqual(['too late', 'too late', undefined, undefined]);
});
