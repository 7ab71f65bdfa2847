import { expect, test } from '@jest/globals';
import type { WorkloadVerdict } from '../../src/cluster/converge.ts';
import { watchWorkloads } from '../../src/cluster/watch.ts';

const counts = { wanted: 2, ready: 2 };
const whole = (failures: number): WorkloadVerdict => ({
  ...{ kind: 'whole', counts, parts: [], isProven: false, failures },
});
const pending = (failures: number, problem?: string): WorkloadVerdict => ({
  ...{ kind: 'pending', counts, problem, failures, pulling: false },
});

/** Watches a workload that is each time as the next of these says; at the end as the last one. */
function watch(
  verdicts: readonly WorkloadVerdict[],
  signal = new AbortController().signal,
  ask?: () => Promise<void>,
) {
  let looks = 0;
  const look = async () => {
    const verdict = verdicts[Math.min(looks, verdicts.length - 1)] ?? whole(0);
    looks += 1;
    return [{ name: 'web', verdict }];
  };
  return watchWorkloads({ duration: 100, interval: 5, look, ask }, { signal, onProgress: () => undefined });
}

test('without a failure the time passes; what had failed before does not count, nor a part that a node gave up', async () => {
  expect(await watch([whole(2), pending(2, 'pod web-1 finds no node'), whole(2)])).toBe(
    'no failure in 100ms',
  );
});

test.each([
  ['a part fails', [whole(1), pending(2, 'web ended with exit code 3')], 'web ended with exit code 3'],
  [
    'a part fails and is there again',
    [whole(0), whole(1)],
    'one of its containers ended and was started again',
  ],
  ['the cluster gives it up', [{ kind: 'failed', counts, why: 'it is gone' } as const], 'it is gone'],
])('it ends when %s', async (_, verdicts, says) => {
  await expect(watch(verdicts)).rejects.toThrow(`web failed while it was watched: ${says}`);
});

test('it ends when the job is cancelled', async () => {
  await expect(watch([], AbortSignal.abort(new Error('The job was cancelled.')))).rejects.toThrow(
    'cancelled',
  );
});

test('what is asked besides is asked at once and at the end, and ends it when it is not well', async () => {
  let questions = 0;
  const ask = async (): Promise<void> => {
    questions += 1;
    if (questions === 2) throw new Error('too many errors');
  };
  await expect(watch([whole(0)], undefined, ask)).rejects.toThrow('too many errors');
  expect(questions).toBe(2);
});
