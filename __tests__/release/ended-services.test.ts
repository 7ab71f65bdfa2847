import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '../../src/model/history.ts';
import { endedServices } from '../../src/release/ended-services.ts';
import { makeRelease } from '../plan/world.ts';
import { releaseId } from '../support/identifiers.ts';

const release = makeRelease(
  '22222222',
  { web: 'served', migrate: 'internal', seed: 'worker', mailer: 'worker' },
  { details: { migrate: { oneShot: true }, seed: { mayEnd: true }, mailer: { mayEnd: true } } },
);
const entry = (changes: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{
    at: '',
    event: 'accepted',
    release: release.id,
    previous: undefined,
    actor: undefined,
    runUrl: undefined,
  },
  ...changes,
});

describe('the services of a release whose work is done', () => {
  test('are none before it was accepted', () => {
    const other = entry({ release: releaseId('33333333'), ended: ['seed'] });
    expect(endedServices(release, [other, entry({ event: 'rolled-back' })])).toEqual([]);
  });

  test('are those that always end, and those that had ended when it was accepted', () => {
    expect(endedServices(release, [entry()])).toEqual(['migrate']);
    expect(endedServices(release, [entry({ ended: ['seed'] }), entry()])).toEqual(['migrate', 'seed']);
  });

  test('stay done when the acceptance is taken back, for another host failed', () => {
    expect(endedServices(release, [entry({ ended: ['seed'] }), entry({ event: 'rolled-back' })])).toEqual([
      'migrate',
      'seed',
    ]);
  });
});
