import { expect, test } from '@jest/globals';
import { anySignal } from '../../src/run/signals.ts';

test('aborts with the reason of the first that aborts, whichever of them are there', () => {
  const [job, limit] = [new AbortController(), new AbortController()];
  const signals = [
    anySignal(job.signal, limit.signal),
    anySignal(undefined, limit.signal),
    anySignal(limit.signal),
    anySignal(job.signal, undefined),
    anySignal(),
  ];
  limit.abort('too late');
  job.abort('cancelled');
  expect(signals.map(({ reason }) => reason)).toEqual([
    ...['too late', 'too late', 'too late', 'cancelled', undefined],
  ]);
});
